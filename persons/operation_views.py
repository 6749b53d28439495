"""Bulk updates, and the one history of everything done to many persons at once: what came of it, and its undo."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from persons import bulk, operations, tasks, undoing, validity
from persons.bulk_forms import form_of, matters
from persons.forms import MistakeForm
from persons.ledger import Outcome
from persons.list_views import Chosen, tabs, without_anybody
from persons.models import Import, Operation, OperationPerson
from persons.outcomes import EXPORTED, REFUSED, WORDS, words_of
from persons.progress import Progress
from persons.spreadsheets import csv_response, safe
from persons.views import link_to, number, recorder
from purposes.models import Purpose

SHOWN = 50
REFUSED_SHOWN = 50
STARTS = ("mode", "basis_key")  # what a link to the form may choose beforehand

State = Operation.State


# ---- a bulk update, until it begins


def bulk_update(request: HttpRequest) -> HttpResponse:
    """Choose what is recorded for the persons chosen; then comes the dry run."""
    chosen = Chosen(request.GET)
    if chosen.is_nobody:
        return without_anybody(request)
    matter = request.GET.get("matter", "")
    starts = {name: request.GET[name] for name in STARTS if name in request.GET}
    form = form_of(matter, request.POST if request.method == "POST" else None, starts)
    if request.method == "POST" and form and form.is_valid():
        operation = bulk.prepare(form.update(), chosen.persons, by=request.user)
        look_through(operation)
        return redirect(operation)
    context = {"chosen": chosen, "count": chosen.persons.count(), "form": form, "matters": ways(chosen, starts)}
    return render(request, "persons/bulk_update.html", context, status=422 if form and form.errors else 200)


def ways(chosen: Chosen, starts: dict[str, str]) -> list[tuple[Any, list[tuple[str, Any]]]]:
    """What can be updated, each with the address of its form for the same persons."""
    url = reverse("persons:bulk_update")
    return [
        (group, [(f"{url}?{urlencode(chosen.parameters | starts | {'matter': key})}", label) for key, label in rows])
        for group, rows in matters()
    ]


def look_through(operation: Operation) -> None:
    """The dry run: at once where that is a matter of a second, else by the worker."""
    if bulk.is_small(operation):
        bulk.check(operation)
    else:
        tasks.put_operation_to_work(operation)


@require_POST
def renew_validity(request: HttpRequest, key: str) -> HttpResponse:
    """The dry run of giving the standing answers of a purpose the validity that it has now."""
    update, persons = validity.update_of(get_object_or_404(Purpose, pk=key))
    operation = bulk.prepare(update, persons, by=request.user)
    look_through(operation)
    return redirect(operation)


# ---- operations


def operation_list(request: HttpRequest) -> HttpResponse:
    """Everything done to many persons at once, the newest first."""
    before = number(request, "before")
    found = Operation.objects.seen_by(request.user).select_related("created_by", "undoes").order_by("-pk")
    page = list(found.filter(pk__lt=before) if before else found)[: SHOWN + 1]
    rows = described(page[:SHOWN])
    next_url = link_to(request, before=page[SHOWN - 1].pk) if len(page) > SHOWN else None
    return render(request, "persons/operations.html", {"rows": rows, "next_url": next_url, "tabs": tabs(request)})


@dataclass(frozen=True)
class Described:
    """An operation with what it is called, and what came of it."""

    operation: Operation
    title: str
    counts: list["Count"]
    undone_by: Operation | None = None


@dataclass(frozen=True)
class Count:
    """How many persons an operation came to one outcome for, and the list of exactly these."""

    outcome: str
    words: Any
    number: int
    url: str

    @property
    def is_left(self) -> bool:
        """Not done, and the log says why."""
        return self.outcome in [*REFUSED, operations.LEFT]


def described(found: list[Operation]) -> list[Described]:
    """Operations with their titles, in three statements however many there are."""
    of_undos = [one.undoes for one in found if one.undoes]
    ids = [one.pk for one in [*found, *of_undos]]
    files = dict(Import.objects.filter(pk__in=ids).values_list("pk", "file_name"))
    updates = bulk.BulkUpdate.objects.select_related("purpose", "type", "basis").in_bulk(ids)
    undone = {one.undoes_id: one for one in Operation.objects.filter(undoes__in=ids, state=State.DONE)}
    return [Described(one, title(one, files, updates), counts(one), undone.get(one.pk)) for one in found]


def title(operation: Operation, files: dict[int, str], updates: dict[int, bulk.BulkUpdate]) -> str:
    if operation.undoes:
        return _("Undo: %(what)s") % {"what": title(operation.undoes, files, updates)}
    if update := updates.get(operation.pk):
        return in_words(update)
    return files.get(operation.pk) or operation.get_kind_display()


def in_words(update: bulk.BulkUpdate) -> str:
    if update.is_of_validity:
        return _("%(purpose)s: validity of standing answers") % {"purpose": update.purpose}
    if update.basis is None:
        return _("No mailings: ON") if update.no_mailings else _("No mailings: OFF")
    if update.type:
        state = _("active") if update.basis.allows else _("ended")
        return f"{update.type}: {state}"
    return f"{update.purpose}: {update.basis}"


def counts(operation: Operation) -> list[Count]:
    """By outcome, in the order of the words; what is under way is counted now."""
    is_dry = operation.state in (State.CHECKING, State.CHECKED)
    found = bulk.counted(operation) if operation.state == State.RUNNING else operation.counts
    return [
        Count(outcome, words_of(outcome, is_dry=is_dry), found[outcome], url_of(operation, outcome))
        for outcome in WORDS
        if outcome in found
    ]


def url_of(operation: Operation, outcome: str) -> str:
    """The list of these persons; those who are gone are in no list."""
    if outcome in (Outcome.GONE, EXPORTED):
        return ""
    return f"{reverse('persons:list')}?{urlencode({'outcome': f'{operation.pk}:{outcome}'})}"


def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One operation: how far it is, what it would come to, or what it came to."""
    return render(request, "persons/operation.html", shown(request, operation_or_404(request, pk)))


def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of that page which renews itself while the worker is at it."""
    return render(request, "persons/_operation_work.html", shown(request, operation_or_404(request, pk)))


def shown(request: HttpRequest, operation: Operation) -> dict[str, Any]:
    [row] = described([operation])
    found = {count.outcome: count.number for count in row.counts}
    return {
        "operation": operation,
        "row": row,
        "update": bulk.BulkUpdate.objects.select_related("source").filter(pk=operation.pk).first(),
        "will_change": found.get(Outcome.RECORDED, 0) + found.get(Outcome.LATE, 0),
        "refused": refused_by(operation),
        "refused_number": sum(count.number for count in row.counts if count.is_left),
        "progress": Progress.of_operation(operation) if operation.is_under_way else None,
        "upload": Import.objects.filter(pk=operation.pk, uploads__isnull=False)
        .values_list("uploads", flat=True)
        .first(),
        "may_begin": operation.created_by == request.user,
        "may_undo": operations.may_take_back(operation),
    }


def refused_by(operation: Operation) -> list[dict[str, Any]]:
    """The first of those whose answer was refused, or was left by an undo, each with why."""
    refused = OperationPerson.objects.filter(operation=operation, outcome__in=[*REFUSED, operations.LEFT])
    first = refused.select_related("person").order_by("person_id")[:REFUSED_SHOWN]
    return [{"person": one.person, "words": words_of(one.outcome)} for one in first]


@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    operation = operation_or_404(request, pk)
    if operation.created_by != request.user:
        raise PermissionDenied
    with transaction.atomic():
        if bulk.start(operation):
            tasks.put_operation_to_work(operation)
    return redirect(operation)


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    operation = operation_or_404(request, pk)
    has_begun = operation.state not in (State.CHECKING, State.CHECKED)
    if operation.kind == Operation.Kind.IMPORT or not bulk.cancel(operation):
        messages.info(request, _("It was over already."))
    elif has_begun:
        messages.success(request, _("It was stopped. What was done by then stays, and can be undone."))
    else:
        messages.success(request, _("The bulk update was called off. Nothing was changed."))
    return redirect(operation)


def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether an operation is to be undone, and why where that takes a reason (rules 4.10)."""
    operation = operation_or_404(request, pk)
    if not operations.may_take_back(operation):
        raise Http404
    form = MistakeForm(request.POST if request.method == "POST" else None)
    form.fields["reason"].required = False
    form.is_valid()
    try:
        reason = form.cleaned_data["reason"] if form.is_bound else ""
        if request.method == "POST":
            with transaction.atomic():
                begun = operations.undo(operation, by=recorder(request), reason=reason)
                tasks.put_operation_to_work(begun)
            return redirect(begun)
        undoing.check_operation(operation, by=recorder(request))
        refusal = ""
    except undoing.UndoRefused as error:
        refusal = str(error)
    may_say_why = bool(refusal) and request.user.has_perm("persons.lift_stop")
    if may_say_why and form.is_bound:
        form.add_error("reason", refusal)
    [row] = described([operation])
    context = {"operation": operation, "row": row, "refusal": refusal, "form": form, "may_say_why": may_say_why}
    return render(request, "persons/undo_operation.html", context, status=422 if form.is_bound else 200)


def log(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Every person of an operation with what came of it, and why, as a CSV file."""
    operation = operation_or_404(request, pk)
    words = partial(words_of, is_dry=operation.state in (State.CHECKING, State.CHECKED))
    rows = OperationPerson.objects.filter(operation=operation).select_related("person").order_by("person_id")
    lines = (
        [
            row.person_id,
            safe(str(row.person)),
            safe(row.person.email),
            row.outcome,
            words(row.outcome),
        ]
        for row in rows.iterator(chunk_size=2_000)
    )
    head = [_("person"), _("name"), _("e-mail address"), _("code"), _("what came of it")]
    return csv_response(f"operation-{pk}.csv", head, lines)


def operation_or_404(request: HttpRequest, pk: int) -> Operation:
    return get_object_or_404(Operation.objects.seen_by(request.user).select_related("created_by", "undoes"), pk=pk)
