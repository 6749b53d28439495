"""The forms in which staff record one person's answers. Each turns into one `ledger.Answer`."""

from datetime import date, datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import MinValueValidator
from django.db import transaction
from django.db.models import Q
from django.template.defaultfilters import truncatechars
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from persons import evidence, ledger
from persons import standing as standing_answers
from persons.ledger import now
from persons.models import Act
from purposes.models import CONSENT, EMARKETING, LegalBasis, PrivacySettings, Source, Wording

USER_SOURCE = "USER"


class DayField(forms.DateField):
    """A day in the life of somebody who can have answered; the year 206 is a slip of the hand."""

    def __init__(self, **kwargs):
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        early = MinValueValidator(date(1900, 1, 1), _("Please check the year."))
        super().__init__(widget=widget, validators=[early], **kwargs)


class WordingChoice(forms.ModelChoiceField):
    def label_from_instance(self, wording):
        return f"{wording.get_language_display()} {wording.number}: {truncatechars(wording.approval_text, 70)}"


class ProofForm(forms.Form):
    """What every answer that a form records has: a comment, and a place for the refusal.

    `seen` is the event that stood when the form was opened, 0 for none: what others recorded meanwhile is told first.
    """

    comment = forms.CharField(
        label=_("Comment"),
        required=False,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("How we know: what was said or signed, where. Ten characters or more count as proof."),
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    expresser = Act.ExpressedBy.PERSON

    FIELD_OF = {"basis": "basis", "comment": "comment", "given_at": "given_date"}

    def __init__(self, data=None, files=None, *, stands=None, initial=None):
        super().__init__(data, files, initial={"seen": stands.event_id if stands else 0} | (initial or {}))

    def record(self, answer, by):
        """What became of the answer (`ledger.Written`); a refusal is put at its field, and the answer is None."""
        with transaction.atomic():
            ledger.lock([answer.person_id])
            if self.is_overtaken(answer):
                return None
            try:
                return ledger.record(answer, by=by)
            except ledger.Refused as refused:
                self.refuse(refused.outcome, answer, by)
                return None

    def is_overtaken(self, answer):
        """Whether something else stands than when the form was opened; then what it is is said, once."""
        stands = standing_answers.answer_on(answer)
        seen, now_stands = self.cleaned_data.get("seen"), stands.event_id if stands else 0
        if seen in (None, now_stands):
            return False
        self.data = dict(self.data.items()) | {"seen": now_stands}
        self.add_error(None, said_meanwhile(stands))
        return True

    def refuse(self, outcome, answer, by):
        field = self.FIELD_OF[outcome.field]
        self.add_error(field if field in self.fields else None, outcome.label)


class AnswerForm(ProofForm):
    """An answer with where it came from, since when, and what proves it."""

    source = forms.ModelChoiceField(Source.objects.none(), label=_("Source"), empty_label=None)
    given_date = DayField(label=_("Given on"), required=False, help_text=_("Left empty: now."))
    given_unknown = forms.BooleanField(label=_("The day is not known"), required=False)
    file = forms.FileField(
        label=_("File as evidence"),
        required=False,
        validators=[evidence.check],
        widget=forms.FileInput(attrs={"accept": evidence.ACCEPT}),
        help_text=_("A PDF, PNG, JPEG or e-mail file (EML) of 5 MB at most."),
    )

    field_order = ["source", "given_date", "given_unknown", "comment", "file"]

    def __init__(self, data=None, files=None, *, standing=None, stands=None):
        """`standing` is the answer that the form opens with, if any; `stands` the one that stands."""
        self.standing = standing
        super().__init__(data, files, stands=stands or standing, initial=self.as_it_stands())
        stands = Q(pk=standing.source_id) if standing else Q()
        offer(self, "source", Source.objects.filter(Q(is_active=True) | stands))

    def as_it_stands(self):
        """What the form opens with: the standing answer, ready to be corrected."""
        if not self.standing:
            return {"source": USER_SOURCE}
        given_at, evidence = self.standing.given_at, getattr(self.standing.event, "evidence", None)
        return {
            "source": self.standing.source_id,
            "given_date": given_at and given_at.astimezone(company_zone()).date(),
            "given_unknown": given_at is None,
            "comment": evidence.comment if evidence else "",
            "wording": self.standing.wording_id,
        }

    def record(self, answer, by):
        written = super().record(answer, by)
        if written is None and answer.file and "file" not in self.errors:
            self.add_error("file", _("Please choose the file again: the browser does not keep it."))
        return written

    def refuse(self, outcome, answer, by):
        """A stop that a file would lift is refused where the file is missing (rules 4.3)."""
        is_stopped = outcome == ledger.Outcome.STOP_STANDS
        if is_stopped and by.may_lift and not answer.file and standing_answers.is_lifted_by_file(answer):
            self.add_error("file", _("The person has said no. A file that shows a later yes lifts this."))
        else:
            super().refuse(outcome, answer, by)

    def given_at(self, allows, is_same_basis=True):
        """The moment meant by the fields; a date left as it stood keeps its moment while the basis stays."""
        day = self.cleaned_data.get("given_date")
        is_untouched = not {"given_date", "given_unknown"} & set(self.changed_data)
        if self.standing and is_untouched:
            return self.standing.given_at if is_same_basis else now()
        if self.cleaned_data.get("given_unknown"):
            return None
        return moment_of(day, allows) if day else now()


class ConsentForm(AnswerForm):
    """The answer on one purpose, with everything that can be said about it."""

    basis = forms.ChoiceField(
        label=_("Legal basis"),
        widget=forms.Select(
            attrs={
                "hx-get": reverse_lazy("privacy:basis_rights"),
                "hx-target": "#id_basis_helptext",
                "hx-select": "unset",
                "hx-swap": "innerHTML",
                "hx-push-url": "false",
            }
        ),
    )
    wording = WordingChoice(Wording.objects.none(), label=_("Wording shown"), required=False, empty_label=_("None"))
    expressed_by = forms.ChoiceField(
        label=_("Expressed by"), choices=Act.ExpressedBy.choices, initial=Act.ExpressedBy.PERSON
    )

    field_order = ["basis", "source", "given_date", "given_unknown", "expressed_by", "comment", "file", "wording"]

    def __init__(self, data=None, files=None, *, standing, purpose, may_allow, basis=None, stands=None):
        """`basis` is what the form opens with, else that of the standing answer."""
        self.opening_basis = basis or (standing and standing.basis_id)
        super().__init__(data, files, standing=standing, stands=stands)
        self.purpose, self.key = purpose, purpose.pk
        self.offer_bases(may_allow)
        if basis:
            begin_with_comment(self)
        offer(self, "wording", wordings := Wording.objects.filter(purpose=purpose))
        if not wordings:
            del self.fields["wording"]
        if self.standing:
            self.fields["given_date"].help_text = _("A new legal basis counts from now, unless you change this.")

    def offer_bases(self, may_allow):
        bases = LegalBasis.objects.active()
        allowing = bases.filter(allows=True, purposes=self.purpose) if may_allow else bases.none()
        self.bases = {basis.pk: basis for basis in [*allowing, *bases.filter(allows=False)]}
        groups = {True: _("Allows it"), False: _("Stops it")}
        choices = [
            ("", _("Choose …")),
            *(
                (label, [(pk, basis.title) for pk, basis in self.bases.items() if basis.allows == allows])
                for allows, label in groups.items()
            ),
        ]
        cast(forms.ChoiceField, self.fields["basis"]).choices = choices
        chosen = self.bases.get((self.data if self.is_bound else self.initial).get("basis"))
        self.fields["basis"].help_text = chosen.explained if chosen else LegalBasis.NOT_CHOSEN

    def as_it_stands(self):
        return super().as_it_stands() | {"basis": self.opening_basis}

    def clean_expressed_by(self):
        self.expresser = Act.ExpressedBy(self.cleaned_data["expressed_by"])
        return self.expresser

    def recorded(self, person, by):
        basis = self.bases[self.cleaned_data["basis"]]
        is_same = bool(self.standing) and self.standing.basis_id == basis.pk
        answer = ledger.Answer(
            person_id=person.pk,
            purpose_id=self.purpose.pk,
            basis_id=basis.pk,
            source_id=self.cleaned_data["source"].pk,
            given_at=self.given_at(basis.allows, is_same),
            wording=self.cleaned_data.get("wording"),
            comment=self.cleaned_data["comment"],
            file=self.cleaned_data["file"],
        )
        return self.record(answer, by)


class SwitchOnForm(ProofForm):
    """E-marketing ON, for those who may only switch it: Consent, created by user, with the proof it needs (rules 6)."""

    key = EMARKETING

    def __init__(self, data=None, files=None, *, stands=None):
        super().__init__(data, files, stands=stands)
        begin_with_comment(self)
        self.fields["comment"].required = True
        self.fields["comment"].error_messages["required"] = ledger.Outcome.NO_PROOF.label

    def recorded(self, person, by):
        return self.record(switched(person, CONSENT, comment=self.cleaned_data["comment"]), by)


class SubscriptionForm(AnswerForm):
    """A subscription that begins."""

    def __init__(self, data=None, files=None, *, subscription_type, stands=None):
        super().__init__(data, files, stands=stands)
        self.subscription_type, self.key = subscription_type, subscription_type.pk
        begin_with_comment(self)

    def recorded(self, person, by):
        answer = ledger.subscription(
            is_active=True,
            person_id=person.pk,
            type_id=self.subscription_type.pk,
            source_id=self.cleaned_data["source"].pk,
            given_at=self.given_at(allows=True, is_same_basis=False),
            comment=self.cleaned_data["comment"],
            file=self.cleaned_data["file"],
        )
        return self.record(answer, by)


class MistakeForm(forms.Form):
    """Why an answer was recorded by mistake, where it takes a reason (rules 4.10)."""

    reason = forms.CharField(
        label=_("Why was it recorded by mistake?"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The reason is kept with the correction."),
    )


class AsOfForm(forms.Form):
    as_of = DayField(label=_("As of"))

    def moment(self):
        """The end of that day as the reader counts days; never a moment still to come."""
        day_after = min(self.cleaned_data["as_of"], timezone.localdate()) + timedelta(days=1)
        end_of_day = timezone.make_aware(datetime.combine(day_after, time.min)) - timedelta(microseconds=1)
        return min(end_of_day, timezone.now())


def switched(person, basis, comment=""):
    """What the E-marketing switch records: said to a user, now."""
    return ledger.Answer(
        person_id=person.pk,
        purpose_id=EMARKETING,
        basis_id=basis,
        source_id=USER_SOURCE,
        given_at=now(),
        comment=comment,
    )


def said_meanwhile(stands):
    """What somebody else recorded while a form was open; `stands` is what stands now, if anything does."""
    kept = _("What you filled in is still here. Save again to record it after all.")
    if stands is None:
        return _("While this was open, somebody took the answer back.") + " " + kept
    act = stands.event.act
    facts = {"who": act.user or act.get_door_display(), "answer": named(stands.event), "source": stands.source}
    said = _("While this was open, something else was recorded: %(answer)s (%(source)s), by %(who)s.") % facts
    return f"{said} {kept}"


def named(event):
    """The answer of an event as the page calls it."""
    if event.purpose_id:
        return event.basis_after
    return _("Subscribed") if event.basis_after.allows else _("Ended")


def begin_with_comment(form):
    """Of a form that a switch opens, the one field that has to be filled in."""
    form.fields["comment"].widget.attrs["autofocus"] = True


def offer(form, name, rows):
    """Let a field of a form choose among these rows."""
    cast(forms.ModelChoiceField, form.fields[name]).queryset = rows


def company_zone():
    return ZoneInfo(PrivacySettings.current().time_zone)


def moment_of(day, allows):
    """A bare date is its first moment for an allowance, its last for a stop, in the company's time (rules 4.6)."""
    some_day_ahead = timezone.localdate() + timedelta(days=2)  # however far ahead: it is refused, or counts as now
    first = datetime.combine(min(day, some_day_ahead), time.min, company_zone())
    return first if allows else first + timedelta(days=1) - timedelta(microseconds=1)
