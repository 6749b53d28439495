"""What mailings know of one person: the tab Mailings, and which mailings went out on which answer."""

from collections import defaultdict

from django.shortcuts import render

from mailings.models import Recipient
from persons.verdict import LET_IN, Code, sentence
from persons.views import heading, link_to, number, person_or_404

PAGE_SIZE = 50
NAMED = 3  # mailings that an event of History names; the tab has them all

SIGNS = {
    Recipient.State.SENT: "on",
    Recipient.State.HELD_BACK: "stop",
    Recipient.State.FAILED: "stop",
    Recipient.State.UNCERTAIN: "expired",
}


def mailings_of(request, pk):
    """What was sent or held back, the latest mailing first, with the verdict and the answer it rested on."""
    person = person_or_404(pk)
    found = recipients_of(person).select_related("mailing__type", "event__act", "event__basis_after", "event__source")
    if before := number(request, "before"):
        found = found.filter(pk__lt=before)
    rows = list(found.order_by("-pk")[: PAGE_SIZE + 1])
    shown = rows[:PAGE_SIZE]
    context = heading(request, person, "person_mailings") | {
        "rows": [(row, SIGNS.get(row.state, "info"), sentence(Code(row.code), row.event)) for row in shown],
        "next_url": link_to(request, before=shown[-1].pk) if len(rows) > PAGE_SIZE else None,
        "may_open": request.user.has_perm("mailings.view_mailing"),
    }
    return render(request, "mailings/of_person.html", context)


def relied_on(request, pk):
    """For each answer that a message to the person went out on: those messages, as parts of History."""
    names = defaultdict(list)
    sent = recipients_of(person_or_404(pk)).filter(state=Recipient.State.SENT, code__in=LET_IN, event__isnull=False)
    for event, name in sent.order_by("-pk").values_list("event", "mailing__name"):
        names[event].append(name)
    rows = [(event, those[:NAMED], max(len(those) - NAMED, 0)) for event, those in names.items()]
    return render(request, "mailings/_relied_on.html", {"rows": rows})


def recipients_of(person):
    """Of the person, and of those merged into this one."""
    return Recipient.objects.filter(person__in=person.with_merged())
