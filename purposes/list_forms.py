"""The forms of the entries of the lists under Privacy."""

import re
import unicodedata
from typing import Any, cast

from django import forms
from django.db.models import Max
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .models import LegalBasis, Listed, Source, SubscriptionType, key_validator
from .setting_forms import SettingForm

IN_ADDRESSES = frozenset({"ADD", "ORDER", "RIGHTS"})


def key_from(name: str) -> str:
    """A key made from a name: "Deling med tredjepart" becomes DELING_MED_TREDJEPART."""
    plain = unicodedata.normalize("NFKD", name.translate(str.maketrans("øØæÆ", "oOaA")))
    words = re.sub(r"[^A-Z0-9]+", "_", plain.encode("ascii", "ignore").decode().upper())
    return words.strip("_")[:40]


class ListedForm(SettingForm):
    """An entry of a list. Its key is chosen once, when it is added.

    What is still as shipped is edited in the reader's language, and stays as shipped while it is left alone.
    """

    key = forms.CharField(
        label=_("ID"),
        required=False,
        max_length=40,
        help_text=_("What files and programs call it. Left empty, it is made from the name. It never changes."),
    )

    as_shipped = ("name", "description", "help_text", "rights")
    reserved: frozenset[str] = IN_ADDRESSES

    def __init__(self, *args: Any, instance: Listed, **options: Any):
        self.is_new = instance._state.adding
        shown = {name: instance.said(name) for name in self.as_shipped if getattr(instance, name, "")}
        super().__init__(*args, instance=instance, initial=shown, **options)

    def shape(self) -> None:
        if not self.is_new:
            del self.fields["key"]

    def clean_key(self) -> str:
        key = self.cleaned_data["key"].upper()
        if key:
            key_validator(key)
        return key

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        others = self._meta.model._default_manager.exclude(pk=self.instance.pk)
        if any(name.casefold() == str(other).casefold() for other in others):
            raise forms.ValidationError(_("Another entry of this list has this name."))
        return name

    def clean(self) -> dict[str, Any]:
        facts = super().clean()
        if "key" in self.fields and "key" not in self.errors and "name" in facts:
            self.take_key(facts.get("key") or (key_from(facts["name"]) if self.is_new else self.instance.pk))
        for name in self.as_shipped:
            if name in facts and facts[name] == self.instance.said(name):
                facts[name] = getattr(self.instance, name)
        return facts

    def take_key(self, key: str) -> None:
        """Raises nothing: what is wrong with a key is said at its field."""
        if not key:
            self.add_error("key", _("No ID can be made from this name. Please write one."))
        elif key in self.reserved:
            self.add_error("key", gettext("The ID %(key)s is reserved. Please choose another one.") % {"key": key})
        elif taken := self._meta.model._default_manager.filter(pk=key).first():
            self.add_error(
                "key", gettext("The ID %(key)s is taken: it is that of %(name)s.") % {"key": key, "name": taken}
            )
        else:
            self.new_key = key

    new_key = ""

    def save_by(self, user: Any) -> Listed:
        if self.is_new:
            self.instance.key = self.new_key
            self.instance.position = self.last_place() + 1
        return super().save_by(user)

    def last_place(self) -> int:
        return self._meta.model._default_manager.aggregate(last=Max("position"))["last"] or 0


class LegalBasisForm(ListedForm):
    """Article and effect are chosen once: rules hang on them."""

    allows = forms.TypedChoiceField(
        label=_("What it does"),
        choices=[(True, _("It allows the use of the data")), (False, _("It stops the use of the data"))],
        coerce=lambda value: value == "True",
        widget=forms.RadioSelect,
        help_text=_("This never changes, and neither does the article."),
    )

    class Meta:
        model = LegalBasis
        fields = ["name", "article", "allows", "help_text", "rights"]
        widgets = {"help_text": forms.Textarea(attrs={"rows": 2}), "rights": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "help_text": _("When this ground fits. It is shown to whoever records an answer."),
            "rights": _("What the person may demand. It is shown to whoever records an answer."),
        }

    field_order = ["name", "key", "allows", "article", "help_text", "rights"]

    def shape(self) -> None:
        super().shape()
        if self.is_new:
            self.initial["allows"] = True
        else:
            del self.fields["allows"], self.fields["article"]


class SourceForm(ListedForm):
    class Meta:
        model = Source
        fields = ["name", "description", "sends_confirmation", "confirmation_template"]
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}

    field_order = ["name", "key", "description", "sends_confirmation", "confirmation_template"]

    def shape(self) -> None:
        super().shape()
        cast(forms.ModelChoiceField, self.fields["confirmation_template"]).empty_label = _("None")

    def clean(self) -> dict[str, Any]:
        facts = super().clean()
        if facts.get("sends_confirmation") and not facts.get("confirmation_template"):
            self.add_error("confirmation_template", _("Choose the template of the privacy confirmation e-mail."))
        return facts


class SubscriptionTypeForm(ListedForm):
    class Meta:
        model = SubscriptionType
        fields = ["name", "description", "is_public"]
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}
        help_texts = {
            "description": _("What comes with it. Persons read it beside the switch on their own page."),
            "is_public": _(
                "Public types are offered on the person's own pages. Others are internal: only staff can subscribe "
                "somebody, and who has one sees it and can end it."
            ),
        }

    field_order = ["name", "key", "description", "is_public"]
