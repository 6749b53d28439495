"""The forms of the import page: what is chosen for a whole file, and the file."""

from typing import cast

from django import forms
from django.utils.translation import gettext_lazy as _

from persons.deciding import PROOF_LETTERS
from persons.importing.staging import Known, Options
from persons.ledger import Outcome
from purposes.models import ARTICLE_CONSENT, EMARKETING, LEGITIMATE_INTEREST, STORE, LegalBasis, Purpose, Source

SOURCE = "IMPORT"


class OptionsForm(forms.Form):
    """What counts for the whole file, where neither a row nor the person says anything."""

    basis = forms.ModelChoiceField(
        LegalBasis.objects.none(),
        label=_("Legal basis"),
        required=False,
        empty_label=_("Only what the file says"),
        help_text=_("Recorded for persons of whom neither the file nor we know anything."),
    )
    purpose = forms.ModelChoiceField(
        Purpose.objects.none(),
        label=_("Purpose of this legal basis"),
        empty_label=None,
        initial=STORE,
    )
    source = forms.ModelChoiceField(
        Source.objects.none(),
        label=_("Source"),
        empty_label=None,
        initial=SOURCE,
        help_text=_("Where the answers came from, for rows that name none."),
    )
    known = forms.ChoiceField(
        label=_("Persons who are here already"),
        choices=Known,
        initial=Known.EMPTY,
        help_text=_("Found by their e-mail address and name. Their answers are recorded whatever is chosen here."),
    )
    comment = forms.CharField(
        label=_("Comment"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("How these persons came to agree. Ten characters or more count as proof for every answer."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        offered = {
            "basis": LegalBasis.objects.active().filter(allows=True),
            "purpose": Purpose.objects.active(),
            "source": Source.objects.active(),
        }
        for name, rows in offered.items():
            cast(forms.ModelChoiceField, self.fields[name]).queryset = rows

    def clean(self):
        found = super().clean() or self.cleaned_data
        basis, purpose = found.get("basis"), found.get("purpose")
        if basis and purpose:
            if not purpose.accepted_bases.contains(basis):
                self.add_error("basis", Outcome.NOT_ACCEPTED.label)
            elif needs_proof(basis, purpose) and len(found.get("comment", "")) < PROOF_LETTERS:
                self.add_error("comment", _("This legal basis needs proof: a comment of at least ten characters."))
        return found

    def options(self) -> Options:
        chosen = self.cleaned_data
        basis = chosen["basis"]
        return Options(
            purpose=chosen["purpose"].pk,
            basis=basis.pk if basis else "",
            source=chosen["source"].pk,
            comment=chosen["comment"],
            known=chosen["known"],
        )


class UploadForm(OptionsForm):
    """The file with it."""

    file = forms.FileField(
        label=_("File"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.xls,.xlsb,.ods"}),
        help_text=_("CSV or Excel, from SuperOffice, HubSpot, Mailchimp or any list with names of columns."),
    )
    field_order = ["file", "basis", "purpose", "source", "known", "comment"]


FIELDS = {
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "name": _("Name"),
    "email": _("E-mail address"),
    "company": _("Company"),
    "title": _("Job title"),
    "phone": _("Phone"),
    "mobile": _("Mobile phone"),
    "street": _("Street"),
    "postcode": _("Postcode"),
    "city": _("City"),
    "country": _("Country"),
    "newsletter": _("Newsletter: yes"),
    "opted_in": _("Agreed on"),
    "how": _("How they agreed"),
    "consent_comment": _("Comment on the consent"),
    "opted_out": _("Opted out on"),
    "unsubscribed_all": _("Opted out of everything: yes"),
    "no_mailings": _("No mailings"),
    "former_employee": _("Former employee"),
}


class ColumnsForm(forms.Form):
    """What each column of a plain list holds; a field for each, named after its place."""

    def __init__(self, data=None, *, header: list[str], chosen: dict[str, str]):
        super().__init__(data)
        choices = [("", _("Nothing is taken from it")), *FIELDS.items()]
        for place, name in enumerate(header):
            label = name.strip() or _("Column %(number)d") % {"number": place + 1}
            self.fields[str(place)] = forms.ChoiceField(
                label=label, choices=choices, required=False, initial=chosen.get(str(place), "")
            )

    def clean(self):
        chosen = [field for field in self.cleaned_data.values() if field]
        if twice := next((field for field in chosen if chosen.count(field) > 1), None):
            raise forms.ValidationError(_("Two columns hold %(field)s. Choose one.") % {"field": FIELDS[twice]})
        if "email" not in chosen and "name" not in chosen and not {"first_name", "last_name"} <= set(chosen):
            raise forms.ValidationError(_("Choose a column for the e-mail address, or for first and last name."))
        return self.cleaned_data

    @property
    def chosen(self) -> dict[str, str]:
        return {place: field for place, field in self.cleaned_data.items() if field}


def needs_proof(basis, purpose) -> bool:
    """Whether the ledger asks for a wording, a file or a comment (rules 4.7)."""
    return basis.article == ARTICLE_CONSENT or (basis.pk == LEGITIMATE_INTEREST and purpose.pk == EMARKETING)
