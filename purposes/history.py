"""What settings have been: who changed what, when, from what to what. Read from the tables that triggers fill."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import models
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

LATEST = 300  # states of each model that are looked at; settings change a few times a year
NEVER_SHOWN = {"id", "position", "is_built_in", "updated_at", "updated_by", "created_at", "created_by"}


@dataclass(frozen=True)
class Kept:
    """The states of the rows that a setting is made of.

    `of` is the field that says to which setting a row belongs; None: all rows do. `named` names the rows of a setting
    that has several; `whole`: they are added and removed, and their fields are nobody's matter.
    """

    model: type[models.Model]
    of: str | None = "pgh_obj_id"
    named: Callable[[Any], str] | None = None
    whole: bool = False

    def states(self, key: Any) -> list[Any]:
        """The latest states, the oldest of them first. Without a key those of all rows."""
        model: Any = self.model
        states = model.pgh_event_models["insert"]._default_manager.select_related("pgh_context")
        found = states.filter(**{self.of: key}) if key and self.of else states.all()
        return list(found.order_by("-pgh_id")[:LATEST])[::-1]

    def name(self, state: Any) -> str:
        """The row as it was, in its own words."""
        row = self.model(**{field.attname: getattr(state, field.attname) for field in self.fields})
        return self.named(row) if self.named else str(row)

    def setting(self, state: Any) -> str:
        """The key of the setting that the row belongs to, where it is not the setting itself."""
        return "" if self.of in (None, "pgh_obj_id") else f"{getattr(state, self.of or '')}, "

    @property
    def fields(self) -> list[Any]:
        return list(self.model._meta.concrete_fields)


class Difference(NamedTuple):
    """One thing that is otherwise than before, in words; an empty text where there was or is nothing."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Save:
    """What somebody did at one moment."""

    at: datetime
    by: Any
    differences: list[Difference]


class Step(NamedTuple):
    """One row, from one state to the next."""

    kept: Kept
    before: Any
    state: Any

    @property
    def user_id(self) -> int | None:
        context = self.state.pgh_context
        return (context.metadata.get("user") if context else None) or getattr(self.state, "updated_by_id", None)


def saves(kept: list[Kept], key: Any = None) -> list[Save]:
    """The saves of a setting, the newest first; of all settings of the kind without a key."""
    steps = sorted((step for one in kept for step in _steps(one, key)), key=lambda step: step.state.pgh_created_at)
    users = get_user_model().objects.in_bulk({step.user_id for step in steps if step.user_id})
    words = partial(in_words, {})
    found = []
    for (_context, at), together in groupby(steps, lambda step: (step.state.pgh_context_id, step.state.pgh_created_at)):
        some = list(together)
        differences = [one for step in some for one in _differences(step, words, is_alone=bool(key))]
        if differences:
            found.append(Save(at, users.get(some[0].user_id), differences))
    return found[::-1]


def _steps(kept: Kept, key: Any) -> Iterator[Step]:
    """Each state with the one before, but for what the product came with."""
    last: dict[Any, Any] = {}
    for state in kept.states(key):
        step = Step(kept, last.get(state.pgh_obj_id), state)
        last[state.pgh_obj_id] = state
        if step.before or step.user_id:
            yield step


def _differences(step: Step, words: Callable[[Any, Any], str], *, is_alone: bool) -> Iterator[Difference]:
    kept, label = step.kept, step.state.pgh_label
    setting = "" if is_alone else kept.setting(step.state)
    if kept.whole:
        added = label == "insert"
        yield Difference(f"{setting}{kept.name(step.state)}", "" if added else _("yes"), _("yes") if added else "")
        return
    prefix = "" if is_alone and not kept.named else f"{setting}{kept.name(step.state)}: "
    for field in kept.fields:
        before = None if label == "insert" else getattr(step.before or step.state, field.attname)
        after = None if label == "delete" else getattr(step.state, field.attname)
        if before != after and field.name not in NEVER_SHOWN:
            was, now = words(field, before), words(field, after)
            if was or now:
                yield Difference(f"{prefix}{capfirst(str(field.verbose_name))}", was, now)


def in_words(lists: dict[Any, dict[Any, str]], field: Any, value: Any) -> str:
    """A value as somebody would say it. `lists` keeps the names of what fields refer to, once read."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("ON") if value else _("OFF")
    if field.is_relation:
        model = field.related_model
        if model not in lists:
            lists[model] = {row.pk: str(row) for row in model._default_manager.all()}
        return lists[model].get(value, str(value))
    if isinstance(value, datetime):
        return date_format(localtime(value), "SHORT_DATETIME_FORMAT")
    return str(dict(field.flatchoices).get(value, value))
