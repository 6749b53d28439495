"""The forms in which staff add and change persons and companies."""

from typing import cast

from django import forms
from django.conf import settings
from django.db.models import Value
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from persons.adding import NOBODY_YET
from persons.addresses import normalise
from persons.forms import USER_SOURCE, offer
from persons.ledger import Answer, Outcome, now
from persons.models import Company, Person
from persons.models.person import folded
from purposes.models import STORE, LegalBasis, PrivacySettings, Source
from purposes.setting_forms import SettingForm


class CompanyForm(SettingForm):
    """What is known of a company; who saves second is told what the first one changed."""

    class Meta:
        model = Company
        fields = ["name", "street", "postcode", "city", "country"]

    def last_saved(self):
        return None, self.instance.updated_at


class PersonForm(forms.ModelForm):
    """What is known of a person. The company is named: one that is not there yet is made."""

    company_name = forms.CharField(
        label=_("Company"),
        max_length=200,
        required=False,
        help_text=_("A company that is not there yet is added."),
        widget=forms.TextInput(
            attrs={
                "list": "companies",
                "autocomplete": "off",
                "hx-get": reverse_lazy("persons:company_names"),
                "hx-trigger": "input changed delay:200ms",
                "hx-target": "#companies",
                "hx-select": "unset",
                "hx-swap": "innerHTML",
                "hx-push-url": "false",
            }
        ),
    )

    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        help_text=_("Of the pages and messages that this person gets from us."),
    )

    class Meta:
        model = Person
        fields = ["first_name", "last_name", "title", "email", "phone", "mobile", "language"]
        fields += ["street", "postcode", "city", "country"]

    WHO = ["first_name", "last_name", "company_name", "title", "email", "phone", "mobile", "language"]
    WHERE = ["street", "postcode", "city", "country"]
    SAVED = [*Meta.fields, "company", "address", "address_hash", "updated_at"]  # never the flags: others switch them

    def __init__(self, *args, may_add_company, company=None, **options):
        super().__init__(*args, **options)
        self.may_add_company = may_add_company
        self.company = self.known_company = company or self.instance.company
        self.fields["company_name"].initial = self.known_company and self.known_company.name
        self.fields["email"].widget = forms.EmailInput(attrs={"autocomplete": "off"})
        offer_languages(self)
        self.changed_meanwhile = {}
        if self.instance.pk:
            self.compare_with_what_was_opened()

    def compare_with_what_was_opened(self):
        """Find what others changed while the form was open; a field that the reader left alone takes it over.

        The form carries what each field held when it was opened (`show_hidden_initial`).
        """
        data = dict(self.data.items())
        for name in self.WHO + self.WHERE:
            self.fields[name].show_hidden_initial = True
            opened_with = self[name].html_initial_name
            now_held = self.get_initial_for_field(self.fields[name], name) or ""
            before = data.get(opened_with, now_held)
            if self.is_bound and before.strip() != now_held.strip():
                if data.get(name, "").strip() == before.strip():
                    data[name] = now_held
                self.changed_meanwhile[name] = now_held
            data[opened_with] = now_held
        self.data = data

    def clean_what_was_changed_meanwhile(self):
        for name, now_held in self.changed_meanwhile.items():
            says = _("Somebody changed this to “%(value)s” while the form was open.")
            says = says if now_held else _("Somebody emptied this while the form was open.")
            self.add_error(name, says % {"value": now_held})
        if self.changed_meanwhile:
            self.add_error(None, _("What you typed is still here: look at the marked fields, and save again."))

    def clean_email(self):
        """An address that was imported as it is may stay as it is; a new one has to be one."""
        email = self.cleaned_data["email"]
        if email and "email" in self.changed_data and not normalise(email):
            raise forms.ValidationError(_("This is not a valid e-mail address. Write one like name@example.com."))
        return email

    def clean_company_name(self):
        """The company meant is the one known before while the name stays, else the one of that name."""
        name = self.cleaned_data["company_name"]
        if not name or (self.known_company and name == self.known_company.name):
            self.company = self.known_company if name else None
            return name
        found = list(Company.objects.filter(name_key=folded(Value(name)))[:2])
        if len(found) > 1:
            raise forms.ValidationError(_("Several companies have this name. Open the one you mean, and add it there."))
        if not found and not self.may_add_company:
            raise forms.ValidationError(_("There is no such company, and you may not add one."))
        self.company = found[0] if found else Company(name=name)
        return name

    def clean(self):
        facts = super().clean() or {}
        self.instance.company = self.company
        names = [facts.get("first_name", ""), facts.get("last_name", "")]
        if not any(names) and not facts.get("email") and "email" not in self.errors:
            self.add_error("last_name", _("Give a name or an e-mail address."))
        elif self.is_there_already(" ".join(names), facts.get("email", "")):
            self.add_error("email", _("There is already a person with this name and this address."))
        self.clean_what_was_changed_meanwhile()
        return facts

    def is_there_already(self, name, email):
        """A name and an address are one person (rules 4.11)."""
        address = normalise(email)
        others = Person.objects.kept().at_address(address).exclude(pk=self.instance.pk)
        return bool(address) and others.filter(name_key=folded(Value(name))).exists()

    def parts(self):
        """The fields as the page groups them."""
        yield _("Person"), [self[name] for name in self.WHO]
        yield _("Address"), [self[name] for name in self.WHERE]


def offer_languages(form):
    """Ours, and the one that the person has, which an import may have brought."""
    ours, has = dict(settings.LANGUAGES), form.instance.language
    imported = [(has, has)] if has and has not in ours else []
    cast(forms.ChoiceField, form.fields["language"]).choices = [("", _("As the company")), *ours.items(), *imported]


class NewPersonForm(PersonForm):
    """A new person, and the ground on which the data is kept: the default one unless another is chosen (rules 4.8)."""

    basis = forms.ModelChoiceField(LegalBasis.objects.none(), label=_("Legal basis"), empty_label=_("None yet"))
    source = forms.ModelChoiceField(Source.objects.none(), label=_("Source"), empty_label=None, initial=USER_SOURCE)
    comment = forms.CharField(
        label=_("Comment"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("How we know. Consent needs this as proof: ten characters or more."),
    )

    GROUND = ["basis", "source", "comment"]

    def __init__(self, *args, may_choose_basis, **options):
        super().__init__(*args, **options)
        if not may_choose_basis:
            for name in self.GROUND:
                del self.fields[name]
            return
        offer(self, "basis", LegalBasis.objects.active().filter(allows=True, purposes=STORE))
        offer(self, "source", Source.objects.active())
        self.open_with_default(PrivacySettings.current())

    def open_with_default(self, settings):
        """While a default is set, everybody gets a ground: there is no choosing none."""
        basis = cast(forms.ModelChoiceField, self.fields["basis"])
        basis.required = settings.set_default_basis
        if settings.set_default_basis:
            basis.empty_label = None
            basis.initial = settings.default_basis_id

    def parts(self):
        yield from super().parts()
        if "basis" in self.fields:
            yield _("Sales and service"), [self[name] for name in self.GROUND]

    def answers(self):
        """The ground chosen, to be recorded with the person."""
        if not (basis := self.cleaned_data.get("basis")):
            return []
        return [
            Answer(
                person_id=NOBODY_YET,
                purpose_id=STORE,
                basis_id=basis.pk,
                source_id=self.cleaned_data["source"].pk,
                given_at=now(),
                comment=self.cleaned_data["comment"],
            )
        ]

    def refuse(self, outcome: Outcome):
        self.add_error(outcome.field if outcome.field in self.fields else None, str(outcome.label))
