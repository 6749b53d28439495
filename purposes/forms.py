from typing import Any, cast

from django import forms
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from . import built_in
from .list_forms import IN_ADDRESSES, ListedForm
from .models import ARTICLE_CONSENT, STORE, AcceptedBasis, LegalBasis, Listed, PrivacySettings, Purpose
from .references import what_refers_to
from .setting_forms import SettingForm

BUILT_IN = frozenset(str(row[0]) for row in [*built_in.BASES, *built_in.SOURCES, *built_in.TYPES, *built_in.PURPOSES])


class PurposeForm(ListedForm):
    """A purpose. Its ID can be changed until something refers to it."""

    effect_seen = forms.BooleanField(
        label=_("Take them off all the same"),
        required=False,
        help_text=_("Persons whose answer rests on a basis taken off are then OFF. Their answers stay."),
    )

    class Meta:
        model = Purpose
        fields = [
            "name",
            "description",
            "accepted_bases",
            "validity_months",
            "data_categories",
            "data_recipients",
            "storage_period",
        ]
        widgets = {
            "description": forms.Textarea(attrs={"rows": 3}),
            "accepted_bases": forms.CheckboxSelectMultiple,
            "data_categories": forms.Textarea(attrs={"rows": 2}),
            "data_recipients": forms.Textarea(attrs={"rows": 2}),
            "storage_period": forms.Textarea(attrs={"rows": 2}),
        }
        help_texts = {
            "accepted_bases": _("Only these can be recorded for it. A stop always can."),
            "data_categories": _("For example name, e-mail address, phone, company."),
            "data_recipients": _("Who gets to see the data outside the company; those who run systems for it, too."),
            "storage_period": _("How long the data is kept, or what decides it."),
        }

    reserved = IN_ADDRESSES | BUILT_IN | {"ALL", "NONE"}
    FIRST = ["name", "key", "description", "accepted_bases", "effect_seen", "validity_months"]
    REGISTER = ["data_categories", "data_recipients", "storage_period"]

    def shape(self) -> None:
        if not self.is_new and (self.instance.is_built_in or what_refers_to(self.instance)):
            del self.fields["key"]
        else:
            self.name_the_key()
        self.accepted = set() if self.is_new else set(self.instance.accepted_bases.all())
        bases = LegalBasis.objects.filter(allows=True)
        choice = cast(forms.ModelMultipleChoiceField, self.fields["accepted_bases"])
        choice.queryset = bases.filter(Q(is_active=True) | Q(pk__in=self.accepted))

    def name_the_key(self) -> None:
        self.fields["key"].label = _("Purpose ID")
        if not self.is_new:
            self.fields["key"].initial = self.instance.pk
            self.fields["key"].help_text = _("What files and programs call it. It can change until something uses it.")

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        if not self.taken_off():
            del self.fields["effect_seen"]
            return
        self.fields["effect_seen"].widget.attrs["value"] = self.taken_off_keys()
        if not self.is_seen():
            self.data = self.sent_with({"effect_seen": False})

    def taken_off(self) -> list[LegalBasis]:
        """The bases accepted so far that what was sent in leaves out."""
        if not self.is_bound:
            return []
        kept = self["accepted_bases"].data or []
        return [basis for basis in self.accepted if basis.pk not in kept]

    def taken_off_keys(self) -> str:
        return ",".join(sorted(basis.pk for basis in self.taken_off()))

    def is_seen(self) -> bool:
        """Whether the effect of taking off just these was shown, and confirmed."""
        return self.data.get("effect_seen") == self.taken_off_keys()

    def clean(self) -> dict[str, Any]:
        facts = super().clean()
        names = ", ".join(sorted(str(basis) for basis in self.taken_off()))
        if names and self.instance.pk == STORE and PrivacySettings.current().default_basis in self.taken_off():
            self.add_error(
                "accepted_bases",
                gettext(
                    "%(names)s would be taken off, and new persons get it by default. Choose another default first."
                )
                % {"names": names},
            )
        elif names and not self.is_seen():
            self.add_error(
                "accepted_bases",
                gettext("%(names)s would be taken off. See below what that means, and confirm it.") % {"names": names},
            )
        return facts

    def take_key(self, key: str) -> None:
        if self.is_new or key != self.instance.pk:
            super().take_key(key)

    def save_by(self, user: Any) -> Listed:
        if self.new_key and not self.is_new:
            rename(self.instance, self.new_key)
        return super().save_by(user)

    def parts(self) -> Any:
        """The fields as the page groups them."""
        yield _("What it is"), "", self.fields_named(self.FIRST)
        yield (
            _("For the register of processing"),
            _("What article 30 of the GDPR wants on record about it."),
            self.fields_named(self.REGISTER),
        )

    def fields_named(self, names: list[str]) -> list[Any]:
        return [self[name] for name in names if name in self.fields]


def rename(purpose: Listed, key: str) -> None:
    """Give a purpose that nothing refers to another ID."""
    Purpose.objects.filter(pk=purpose.pk).update(key=key)
    AcceptedBasis.objects.filter(purpose=purpose.pk).update(purpose=key)
    purpose.pk = key


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

    def shape(self) -> None:
        cast(forms.ModelChoiceField, self.fields["default_basis"]).queryset = default_bases()

    def changes(self) -> str:
        """What a valid form changes, as one sentence."""
        if not self.changed_data:
            return gettext("Nothing was changed.")
        return gettext("Saved: %(settings)s.") % {
            "settings": ", ".join(self.sentence_of(name) for name in self.changed_data)
        }

    def sentence_of(self, name: str) -> str:
        value = self.cleaned_data[name]
        shown = {True: gettext("ON"), False: gettext("OFF")}[value] if isinstance(value, bool) else str(value)
        return gettext("%(setting)s is now %(value)s") % {"setting": self.fields[name].label, "value": shown}


def default_bases() -> Any:
    """What may be the default: active, accepted for Sales and service, and not in need of proof (rules 4.8)."""
    accepted = LegalBasis.objects.active().filter(acceptances__purpose=STORE)
    return accepted.exclude(article=ARTICLE_CONSENT)
