"""The persons of a mailing, by verdict and by state: whom a number on its other pages counts."""

from dataclasses import dataclass

from django import forms
from django.db.models import QuerySet
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mailings import outcome, steps
from mailings.audience import persons_now, verdicts_now
from mailings.models import Recipient
from mailings.report import AT_HAND_OVER, BEFORE, BOUNCED, COMPLAINED, LEFT, answered, in_state
from mailings.steering import Refused
from persons import lists
from persons.models import Person
from persons.verdict import LET_IN, Code
from persons.views import link_to, number

CODES = [
    ("", _("Everybody")),
    ("in", _("Will receive it")),
    ("out", _("Held back")),
    *((code.value, code.label) for code in Code if code != Code.SINGLE),
]
STATES = [
    ("", _("All")),
    *((state.value, state.label) for state in Recipient.State if state != Recipient.State.CLAIMED),
    (BEFORE, _("Held back before")),
    (AT_HAND_OVER, _("Held back at sending")),
    (LEFT, _("Left by it")),
    (COMPLAINED, _("Complained")),
    (BOUNCED, _("Came back")),
]


class AudienceForm(forms.Form):
    code = forms.ChoiceField(label=_("Verdict"), required=False, choices=CODES)
    state = forms.ChoiceField(label=_("State"), required=False, choices=STATES)
    filter = forms.ChoiceField(
        required=False, choices=[("", ""), ("on", "on"), ("off", "off")], widget=forms.HiddenInput
    )


@dataclass(frozen=True)
class Row:
    """One person with what was decided. `url` leads to the answer that decided, else to the person's page."""

    person: Person
    code: Code
    event: int | None
    recipient: Recipient | None = None

    @property
    def sign(self) -> str:
        return outcome.sign_of(self.code)

    @property
    def url(self) -> str:
        if self.event:
            return f"{reverse('persons:history', args=[self.person.pk])}#event-{self.event}"
        return self.person.get_absolute_url()


def audience(request, pk):
    mailing = steps.mailing_or_404(pk)
    form = AudienceForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {"code": "", "state": "", "filter": ""}
    is_live = outcome.is_live(mailing)
    context = {"mailing": mailing, "form": form, "asked": asked, "is_live": is_live, "rows": []}
    context["answer"] = request.GET.get("answer")
    try:
        context |= (live if is_live else listed)(request, mailing, asked)
    except Refused as refusal:
        context["refusal"] = str(refusal)
    if code := asked["code"] if asked["code"] in Code.values else "":
        context["sentence"] = outcome.sentence(Code(code), mailing)
    return render(request, "mailings/audience.html", context)


def live(request, mailing, asked):
    """As the list would be made now."""
    filter_on = {"on": True, "off": False}.get(asked["filter"])
    found = page_of(request, persons_now(mailing, codes_of(asked["code"]), filter_on=filter_on))
    verdicts = verdicts_now(mailing, [person.pk for person in found["page"].rows], filter_on=filter_on)
    judged = [(person, verdicts[person.pk]) for person in found["page"].rows if person.pk in verdicts]
    rows = [Row(person, Code(code), event) for person, (code, event) in judged]
    return found | {"rows": rows}


def listed(request, mailing, asked):
    """As the list stands."""
    recipients = in_this_state(mailing.recipients.filter(code__in=codes_of(asked["code"])), asked["state"])
    if "answer" in request.GET:  # from a line of the report
        recipients = answered(recipients, words=request.GET["answer"], bounce=request.GET.get("bounce", ""))
    found = page_of(request, Person.objects.filter(pk__in=recipients.values("person")))
    shown = mailing.recipients.filter(person__in=found["page"].rows)
    by_person = {recipient.person_id: recipient for recipient in shown}
    kept = [(person, by_person[person.pk]) for person in found["page"].rows]
    rows = [Row(person, Code(recipient.code), recipient.event_id, recipient) for person, recipient in kept]
    return found | {"rows": rows}


def codes_of(asked: str) -> list[str]:
    if asked in Code.values:
        return [asked]
    return [code.value for code in Code if asked == "" or (code in LET_IN) == (asked == "in")]


def in_this_state(recipients: QuerySet[Recipient], state: str) -> QuerySet[Recipient]:
    return recipients.filter(in_state(state)) if state else recipients


def page_of(request, persons):
    page = lists.page(persons, after=number(request, "after"), before=number(request, "before"))
    count = lists.count(persons)
    return {
        "page": page,
        "count": min(count, lists.COUNTED),
        "is_more": count > lists.COUNTED,
        "next_url": page.after and link_to(request, after=page.after),
        "previous_url": page.before and link_to(request, before=page.before),
    }
