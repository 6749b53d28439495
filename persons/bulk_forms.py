"""The forms of a bulk update: what is recorded for many persons at once."""

from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from persons.deciding import PROOF_LETTERS
from persons.forms import DayField, moment_of, offer
from persons.ledger import Outcome
from persons.models import Act, BulkUpdate
from persons.upload_forms import needs_proof
from purposes.models import CONSENT, WITHDRAWN, LegalBasis, Purpose, Source, SubscriptionType

USER_SOURCE = "USER"
PURPOSE, TYPE, FLAG = "purpose", "type", "no_mailings"


def matters() -> list[tuple[Any, list[tuple[str, Any]]]]:
    """What can be updated in bulk, in groups."""
    return [
        (_("A purpose"), [(f"{PURPOSE}-{one.pk}", str(one)) for one in Purpose.objects.active()]),
        (_("A subscription"), [(f"{TYPE}-{one.pk}", str(one)) for one in SubscriptionType.objects.active()]),
        (_("Kept out of all mailings"), [(FLAG, _("No mailings"))]),
    ]


def form_of(matter: str, data: Any = None, initial: Any = None) -> "BulkForm | None":
    """The form for what is to be updated; None for nothing that there is."""
    kind, _separator, key = matter.partition("-")
    if kind == FLAG:
        return FlagForm(data, initial=initial)
    if kind == PURPOSE and (purpose := Purpose.objects.active().filter(pk=key).first()):
        return PurposeForm(data, initial=initial, purpose=purpose)
    if kind == TYPE and (type_ := SubscriptionType.objects.active().filter(pk=key).first()):
        return SubscriptionForm(data, initial=initial, type_=type_)
    return None


class BulkForm(forms.Form):
    """What is recorded; `update` makes it the facts of a bulk update."""

    title: Any

    def update(self) -> BulkUpdate:
        raise NotImplementedError


class FlagForm(BulkForm):
    """The flag that keeps persons out of all mailings, whatever they answered."""

    no_mailings = forms.ChoiceField(
        label=_("No mailings"),
        choices=[("1", _("ON: they receive no mailings")), ("0", _("OFF: what they answered counts again"))],
        widget=forms.RadioSelect,
    )
    title = _("No mailings")

    def update(self) -> BulkUpdate:
        return BulkUpdate(
            no_mailings=self.cleaned_data["no_mailings"] == "1",
            expressed_by=Act.ExpressedBy.COMPANY,
            only_if_none=False,
        )


class AnswersForm(BulkForm):
    """An answer for each, with where it came from, since when, and what proves it."""

    ONLY_NONE, REPLACE = "only_none", "replace"

    mode = forms.ChoiceField(
        label=_("Where an answer stands already"),
        choices=[(ONLY_NONE, _("Leave it: only where none is recorded")), (REPLACE, _("Replace it"))],
        widget=forms.RadioSelect,
        initial=ONLY_NONE,
        help_text=_("What a person has stopped stays stopped, whatever is chosen here."),
    )
    source = forms.ModelChoiceField(Source.objects.none(), label=_("Source"), empty_label=None, initial=USER_SOURCE)
    given_date = DayField(label=_("Given on"), required=False, help_text=_("Left empty: now."))
    given_unknown = forms.BooleanField(label=_("The day is not known"), required=False)
    expressed_by = forms.ChoiceField(
        label=_("Expressed by"), choices=Act.ExpressedBy.choices, initial=Act.ExpressedBy.PERSON
    )
    comment = forms.CharField(
        label=_("Comment"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("How we know. It is kept with each person's answer; ten characters or more count as proof."),
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        offer(self, "source", Source.objects.active())

    @property
    def basis(self) -> LegalBasis | None:
        """The one chosen, once the form was read."""
        raise NotImplementedError

    def clean(self):
        found = super().clean() or self.cleaned_data
        if self.basis is None:
            return found
        if self.takes_proof(self.basis) and len(found.get("comment", "").strip()) < PROOF_LETTERS:
            self.add_error("comment", _("This legal basis needs proof: a comment of at least ten characters."))
        day = found.get("given_date")
        if day and self.basis.allows and moment_of(day, True) > timezone.now():
            self.add_error("given_date", Outcome.FUTURE.label)
        return found

    def takes_proof(self, basis: LegalBasis) -> bool:
        raise NotImplementedError

    def update(self) -> BulkUpdate:
        found = self.cleaned_data
        assert self.basis is not None  # noqa: S101 - told to the type checker
        return BulkUpdate(
            basis=self.basis,
            source=found["source"],
            comment=found["comment"].strip(),
            given_at=self.given_at(self.basis.allows),
            expressed_by=found["expressed_by"],
            only_if_none=found["mode"] == self.ONLY_NONE,
        )

    def given_at(self, allows: bool) -> Any:
        if self.cleaned_data["given_unknown"]:
            return None
        day = self.cleaned_data["given_date"]
        return moment_of(day, allows) if day else timezone.now()


class PurposeForm(AnswersForm):
    """One answer on a purpose."""

    basis_key = forms.ChoiceField(label=_("Legal basis"))
    field_order = ["basis_key", "mode", "source", "given_date", "given_unknown", "expressed_by", "comment"]

    def __init__(self, *args, purpose: Purpose, **options):
        super().__init__(*args, **options)
        self.purpose, self.title = purpose, purpose
        active = LegalBasis.objects.active()
        allowing, stopping = active.filter(allows=True, purposes=purpose), active.filter(allows=False)
        self.bases = {basis.pk: basis for basis in [*allowing, *stopping]}
        groups = [(_("Allows it"), allowing), (_("Stops it"), stopping)]
        choices = [(label, [(basis.pk, basis.title) for basis in bases]) for label, bases in groups]
        cast(forms.ChoiceField, self.fields["basis_key"]).choices = [("", _("Choose …")), *choices]

    @property
    def basis(self) -> LegalBasis | None:
        return self.bases.get(self.cleaned_data.get("basis_key", ""))

    def takes_proof(self, basis: LegalBasis) -> bool:
        return needs_proof(basis, self.purpose)

    def update(self) -> BulkUpdate:
        found = super().update()
        found.purpose = self.purpose
        return found


class SubscriptionForm(AnswersForm):
    """A subscription that begins or ends."""

    basis_key = forms.ChoiceField(
        label=_("Subscription"),
        choices=[(CONSENT, _("Active: they want it")), (WITHDRAWN, _("Ended: they do not"))],
        widget=forms.RadioSelect,
    )
    field_order = PurposeForm.field_order

    def __init__(self, *args, type_: SubscriptionType, **options):
        super().__init__(*args, **options)
        self.type, self.title = type_, type_

    @property
    def basis(self) -> LegalBasis | None:
        return LegalBasis.objects.filter(pk=self.cleaned_data.get("basis_key")).first()

    def takes_proof(self, basis: LegalBasis) -> bool:
        return basis.allows

    def update(self) -> BulkUpdate:
        found = super().update()
        found.type = self.type
        return found
