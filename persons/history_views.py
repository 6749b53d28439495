"""The tab History of a person: every event, what stood on a day, and taking back what was recorded by mistake."""

from django.contrib import messages
from django.http import FileResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from persons import standing, undoing
from persons.forms import AsOfForm, MistakeForm
from persons.models import ConsentEvent, Evidence
from persons.views import heading, number, person_or_404, recorder, rights

SHOWN_WITH_AN_EVENT = [
    "person",
    "act__user",
    "act__note",
    "purpose",
    "subscription_type",
    "basis_before",
    "basis_after",
    "source",
    "wording",
    "evidence",
]


def history(request, pk):
    person = person_or_404(pk)
    mistake = number(request, "mistake")
    return history_tab(request, person, {"mistake": mistake, "form_of_mistake": MistakeForm()} if mistake else {})


def history_tab(request, person, opened, status=200):
    """Every event, also of those merged into this person; what is `opened` asks why one was recorded by mistake."""
    everything = ConsentEvent.objects.filter(person__in=person.with_merged())
    events = list(everything.newest_first().select_related(*SHOWN_WITH_AN_EVENT))
    own = [event for event in events if event.person_id == person.pk]
    addresses = standing.Addresses(person)
    of_another_address = {event for event in own if addresses.was_another(event)}
    can_be_undone = undoing.open_to_undo(own, by=recorder(request)) if rights(request)["may_undo"] else {}
    context = heading(request, person, "persons:history") | {
        "events": events,
        "rows": [(event, event in of_another_address, can_be_undone.get(event.pk)) for event in events],
    }
    return render(request, "persons/history.html", context | opened | as_of(request, person, own), status=status)


def as_of(request, person, events):
    """What stood on the day that the reader asks about, and what the verdict on the answers was (rules 3)."""
    form = AsOfForm(request.GET if "as_of" in request.GET else None)
    if not form.is_valid():
        return {"form": form}
    return {"form": form, "then": standing.on_a_day(person, events, form.moment())}


@require_POST
def undo(request, pk, event):
    """Undo of the message and *Recorded by mistake* of History (rules 4.10); `reason` where it takes one."""
    person = person_or_404(pk)
    found = get_object_or_404(person.events.select_related("purpose", "subscription_type"), pk=event)
    form = MistakeForm(request.POST)
    if "reason" in form.data and not form.is_valid():
        return history_tab(request, person, {"mistake": event, "form_of_mistake": form}, status=422)
    try:
        done = undoing.undo(
            ConsentEvent.objects.filter(pk=event), by=recorder(request), reason=form.data.get("reason", "")
        )
    except undoing.UndoRefused as refusal:
        messages.error(request, str(refusal))
    else:
        say_undone(request, person, found, done)
    return redirect("persons:history" if "from_history" in request.POST else "persons:detail", pk)


def say_undone(request, person, event, done):
    names = {"matter": event.purpose or event.subscription_type, "person": person}
    if done.put_back:
        messages.success(request, _("Undone: %(matter)s of %(person)s is as it was before.") % names)
    else:
        messages.info(request, _("Nothing was undone: an answer came since, or the person gave this one."))


def evidence(request, pk, event):
    """The file that proves an answer, to keep, never to be opened by the browser as a page of ours."""
    found = get_object_or_404(Evidence.objects.exclude(file=""), event=event, event__person=pk)
    return FileResponse(
        found.file.open(),
        as_attachment=True,
        filename=found.file_name,
        content_type="application/octet-stream",
        headers={"Cache-Control": "private, no-store"},
    )
