import re
import unicodedata
from typing import cast

from django import forms
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .models import ARTICLE_CONSENT, STORE, LegalBasis, PrivacySettings, Purpose, key_validator
from .setting_forms import SettingForm


def key_from(name):
    """A key made from a name: "Deling med tredjepart" becomes DELING_MED_TREDJEPART."""
    plain = unicodedata.normalize("NFKD", name.translate(str.maketrans("øØæÆ", "oOaA")))
    words = re.sub(r"[^A-Z0-9]+", "_", plain.encode("ascii", "ignore").decode().upper())
    return words.strip("_")[:40]


class PurposeForm(SettingForm):
    """A purpose that exists; its key never changes, because files and programs go by it."""

    effect_seen = forms.BooleanField(
        label=_("Take them off all the same"),
        required=False,
        help_text=_("Persons whose answer rests on a basis taken off are then OFF. Their answers stay."),
    )

    class Meta:
        model = Purpose
        fields = ["name", "description", "accepted_bases", "validity_months"]
        widgets = {
            "description": forms.Textarea(attrs={"rows": 3}),
            "accepted_bases": forms.CheckboxSelectMultiple,
        }
        help_texts = {
            "accepted_bases": _("Only these can be recorded for it. A stop always can."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.standing = set(self.instance.accepted_bases.all()) if self.instance.pk else set()
        bases = LegalBasis.objects.filter(allows=True)
        choice = cast(forms.ModelMultipleChoiceField, self.fields["accepted_bases"])
        choice.queryset = bases.filter(Q(is_active=True) | Q(pk__in=self.standing))
        if not self.taken_off():
            del self.fields["effect_seen"]

    def taken_off(self):
        """The bases accepted so far that what was sent in leaves out."""
        if not self.is_bound:
            return []
        kept = self["accepted_bases"].data or []
        return [basis for basis in self.standing if basis.pk not in kept]

    def taken_off_keys(self):
        return ",".join(sorted(basis.pk for basis in self.taken_off()))

    def clean(self):
        super().clean()
        if self.taken_off() and not self.cleaned_data.get("effect_seen"):
            names = ", ".join(sorted(str(basis) for basis in self.taken_off()))
            self.add_error(
                "accepted_bases",
                gettext("%(names)s would be taken off. See below what that means, and confirm it.") % {"names": names},
            )


class NewPurposeForm(PurposeForm):
    key = forms.CharField(
        label=_("Purpose ID"),
        required=False,
        max_length=40,
        validators=[key_validator],
        help_text=_("What files and programs call it. Left empty, it is made from the name. It never changes."),
    )

    field_order = ["name", "key", "description", "accepted_bases", "validity_months"]

    def clean(self):
        super().clean()
        key = self.cleaned_data.get("key") or key_from(self.cleaned_data.get("name", ""))
        if not key and "name" in self.cleaned_data and "key" not in self.errors:
            self.add_error("key", _("No ID can be made from this name. Please write one."))
        if key and Purpose.objects.filter(pk=key).exists():
            self.add_error("key", gettext("There is already a purpose with the ID %(key)s.") % {"key": key})
        self.instance.key = key


class PrivacySettingsForm(SettingForm):
    class Meta:
        model = PrivacySettings
        fields = ["set_default_basis", "default_basis", "filter_recipients"]
        help_texts = {
            "set_default_basis": _(
                "A new person gets this basis for Sales and service, whoever or whatever creates it, "
                "unless another answer comes with the person."
            ),
            "filter_recipients": _("Only persons who have given consent or have an active subscription"),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["default_basis"]).queryset = default_bases()

    def changes(self):
        """What a valid form changes, as one sentence."""
        if not self.changed_data:
            return gettext("Nothing was changed.")
        return gettext("Saved: %(settings)s.") % {
            "settings": ", ".join(self.sentence_of(name) for name in self.changed_data)
        }

    def sentence_of(self, name):
        value = self.cleaned_data[name]
        shown = {True: gettext("ON"), False: gettext("OFF")}[value] if isinstance(value, bool) else str(value)
        return gettext("%(setting)s is now %(value)s") % {"setting": self.fields[name].label, "value": shown}


def default_bases():
    """What may be the default: active, accepted for Sales and service, and not in need of proof (rules 4.8)."""
    accepted = LegalBasis.objects.active().filter(acceptances__purpose=STORE)
    return accepted.exclude(article=ARTICLE_CONSENT)
