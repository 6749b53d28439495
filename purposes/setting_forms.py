"""The form of a setting that two people may have open at once."""

import json
from typing import Any

from django import forms
from django.db import models
from django.http import HttpRequest, QueryDict
from django.shortcuts import get_object_or_404
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

SHOWN = 80  # letters of a long text that are repeated in a sentence


class OpenedWith(forms.CharField):
    """Never among what a user has changed."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class SettingForm(forms.ModelForm):
    """Saves in the name of a user, and tells whoever saves second what the first one changed meanwhile.

    A hidden field carries what the fields said when the page was opened. Where the row says something else by now the
    form is refused, once: fields that were not touched then show what the other one saved, fields that were keep what
    was typed, and the next Save is about the row as it is now. Give the form a row read by `to_edit`.
    """

    opened_with = OpenedWith(required=False)

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self.shape()
        self.fields["opened_with"].initial = json.dumps(self._standing())
        if self.is_bound and self.instance.pk:
            self._meet_what_came_since()

    def shape(self) -> None:
        """Leave out or fill fields, before the form looks at what stands."""

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        if self.changed_meanwhile:
            self.add_error(None, self._told())
        return facts

    def save_by(self, user: Any) -> Any:
        self.instance.updated_by = user
        return self.save()

    def last_saved(self) -> tuple[Any, Any]:
        """By whom, and when."""
        return self.instance.updated_by, self.instance.updated_at

    changed_meanwhile: list[str] = []

    def _meet_what_came_since(self) -> None:
        opened, standing = self._opened(), self._standing()
        changed = [name for name, value in opened.items() if standing.get(name, value) != value]
        self.changed_meanwhile = [name for name in changed if self._was_touched(name, standing[name])]
        if not self.changed_meanwhile:
            return
        untouched = [name for name in self.changed_meanwhile if not self._was_touched(name, opened[name])]
        new = {name: standing[name] for name in untouched} | {"opened_with": json.dumps(standing)}
        self.data = self.sent_with({self.add_prefix(name): value for name, value in new.items()})

    def _opened(self) -> dict[str, Any]:
        """What the fields said when the page was opened; nothing for a program that sends no such thing."""
        try:
            opened = json.loads(self.data.get(self.add_prefix("opened_with"), ""))
        except ValueError:
            return {}
        return {name: value for name, value in opened.items() if name in self.fields} if type(opened) is dict else {}

    def _standing(self) -> dict[str, Any]:
        """What the row says now, field by field, as it would stand in a page."""
        shown = {name: self[name] for name, field in self.fields.items() if self._is_kept(name, field)}
        return {name: _plain(field.field.prepare_value(field.initial)) for name, field in shown.items()}

    def _is_kept(self, name: str, field: forms.Field) -> bool:
        return name in (self._meta.fields or ()) and not isinstance(field, forms.FileField)

    def _was_touched(self, name: str, before: Any) -> bool:
        """Whether what was sent is otherwise than it was before."""
        return self.fields[name].has_changed(before, self[name].data)

    def sent_with(self, new: dict[str, Any]) -> QueryDict:
        """What was sent in, with other values for some fields."""
        data = QueryDict(mutable=True)
        data.update(self.data)
        for name, value in new.items():
            data.setlist(name, value if isinstance(value, list) else [] if value in (None, False) else [str(value)])
        return data

    def _told(self) -> str:
        """Who changed what meanwhile, as sentences."""
        saved_by, saved_at = self.last_saved()
        facts = {
            "who": saved_by or _("Somebody"),
            "when": date_format(localtime(saved_at), "SHORT_DATETIME_FORMAT"),
            "changes": "; ".join(self._now(name) for name in self.changed_meanwhile),
        }
        return MEANWHILE % facts

    def _now(self, name: str) -> str:
        value = _in_words(self.fields[name], self.get_initial_for_field(self.fields[name], name))
        label = self.fields[name].label or name
        if not value:
            return _("%(field)s is now empty") % {"field": label}
        return _("%(field)s is now “%(value)s”") % {"field": label, "value": Truncator(value).chars(SHOWN)}


MEANWHILE = gettext_lazy(
    "%(who)s saved this page on %(when)s, while you had it open: %(changes)s. Nothing of yours is lost: it stands "
    "below, and is not saved yet. Look it through and save again."
)


def _plain(value: Any) -> Any:
    """A value as JSON can carry it."""
    if isinstance(value, list | tuple | models.QuerySet):
        return sorted(_plain(one) for one in value)
    if isinstance(value, models.Model):
        return value.pk
    return value if value is None or isinstance(value, bool | int) else str(value)


def _in_words(field: Any, value: Any) -> str:
    if isinstance(value, bool):
        return _("ON") if value else _("OFF")
    if isinstance(value, list | tuple | models.QuerySet):
        return ", ".join(str(one) for one in value)
    if hasattr(field, "queryset"):
        return str(field.queryset.model._default_manager.filter(pk=field.prepare_value(value)).first() or "")
    if hasattr(field, "choices"):
        return str(dict(field.choices).get(value, value))
    return "" if value is None else str(value)


def to_edit(request: HttpRequest, rows: models.QuerySet[Any], **which: Any) -> Any:
    """The row to fill a SettingForm with, or 404. Call it in a transaction: nobody else saves the row meanwhile."""
    return get_object_or_404(rows.select_for_update(of=("self",)) if request.method == "POST" else rows, **which)
