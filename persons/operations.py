"""Undoing a whole operation in the background, and what the worker does next for any of them (rules 4.10)."""

from typing import Any

import pghistory
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from persons import bulk, ledger, undoing
from persons.bulk import Cancelled, State, Stopped, begin, close, go_on, moves, never
from persons.ledger import Recorder
from persons.models import BulkUpdate, ConsentEvent, Door, Operation, OperationPerson, Person

LEFT = "left"


def go_on_with(operation: Operation, *, stopped: Stopped = never) -> None:
    """Do what the state of an operation asks for; nothing when it is over. Raises Interrupted."""
    try:
        if operation.kind == Operation.Kind.UNDO and operation.is_under_way:
            run_undo(operation, stopped=stopped)
        elif operation.state == State.CHECKING:
            bulk.check(operation, stopped=stopped)
        elif operation.is_under_way:
            bulk.run(operation, stopped=stopped)
    except Cancelled:
        close(operation)


def fail(operation: Operation, why: str = "") -> None:
    Operation.objects.under_way().filter(pk=operation.pk).update(state=State.FAILED, failure=why)
    close(operation)


# ---- undo


def undo(operation: Operation, *, by: Recorder, reason: str = "") -> Operation:
    """Let the worker undo an operation that is over; the undo under way where there is one. Raises UndoRefused."""
    with transaction.atomic():
        Operation.objects.select_for_update().get(pk=operation.pk)
        if standing := operation.undone_by.under_way().first():
            return standing
        undoing.check_operation(operation, by=by, reason=reason)
        if is_of_the_flag(operation) and by.user != operation.created_by and not by.may_lift:
            raise undoing.UndoRefused(undoing.NOT_YOURS)
        return Operation.objects.create(
            kind=Operation.Kind.UNDO,
            undoes=operation,
            total=events_of(operation).count() or operation.counts.get("recorded", 0),
            created_by=by.user,
            reason=reason.strip(),
        )


def may_take_back(operation: Operation) -> bool:
    """Whether there is anything in it to undo, and nobody is at it."""
    if (
        operation.kind in (Operation.Kind.EXPORT, Operation.Kind.REPORT)
        or operation.is_under_way
        or operation.state == State.CHECKED
    ):
        return False
    return (is_of_the_flag(operation) and bool(operation.counts.get("recorded"))) or operation.acts.exists()


def run_undo(operation: Operation, *, stopped: Stopped = never) -> None:
    """Undo act by act, the last first, or go on with it. Raises Interrupted."""
    undone = operation.undoes
    assert undone is not None  # noqa: S101 - told to the type checker
    moves(operation, State.WAITING, State.RUNNING)
    begin(operation, 0)
    try:
        if is_of_the_flag(undone):
            put_flags_back(operation, undone.bulk_update)
        for act in undone.acts.order_by("-pk"):
            go_on(operation, stopped)
            undoing.undo(act.events.all(), by=recorder(operation), reason=operation.reason)
            Operation.objects.filter(pk=operation.pk).update(done=F("done") + act.events.count())
    except Cancelled:
        keep_who_was_put_back(operation, undone)
        raise
    except undoing.UndoRefused as refusal:
        keep_who_was_put_back(operation, undone)
        fail(operation, str(refusal))
    keep_who_was_put_back(operation, undone)
    moves(operation, State.RUNNING, State.DONE)


def recorder(operation: Operation) -> Recorder:
    user: Any = operation.created_by
    return Recorder(
        door=Door.BULK, user=user, operation=operation, may_lift=bool(user) and user.has_perm("persons.lift_stop")
    )


def events_of(operation: Operation) -> Any:
    return ConsentEvent.objects.filter(act__operation=operation, is_late=False)


def is_of_the_flag(operation: Operation) -> bool:
    return BulkUpdate.objects.filter(operation=operation, basis=None, purpose=None).exists()


# Where nobody has changed the flag since: what it was before is the opposite of what was set.

UNCHANGED = """
    SELECT o.person_id FROM persons_operationperson o JOIN persons_person p ON p.id = o.person_id
    WHERE o.operation_id = %(operation)s AND o.is_done AND o.outcome = 'recorded' AND p.no_mailings = %(set)s
      AND NOT EXISTS (SELECT FROM {history} e
                      WHERE e.id = p.id AND e.pgh_created_at >= %(since)s AND e.no_mailings <> %(set)s)
    ORDER BY 1"""


def put_flags_back(operation: Operation, update: BulkUpdate) -> None:
    history = Person.pgh_event_model._meta.db_table  # type: ignore[attr-defined]
    asked = {"operation": update.pk, "set": update.no_mailings, "since": update.operation.created_at}
    with connection.cursor() as cursor:
        cursor.execute(UNCHANGED.format(history=history), asked)
        ids = [person_id for (person_id,) in cursor.fetchall()]
    with pghistory.context(user=operation.created_by_id, operation=operation.pk):
        for start in range(0, len(ids), bulk.PERSONS_IN_A_BATCH):
            some = ids[start : start + bulk.PERSONS_IN_A_BATCH]
            with transaction.atomic():
                ledger.lock(some)
                flags = Person.objects.filter(pk__in=some)
                flags.update(no_mailings=not update.no_mailings, updated_at=Now())
                kept = [
                    OperationPerson(operation=operation, person_id=pk, outcome="recorded", is_done=True) for pk in some
                ]
                OperationPerson.objects.bulk_create(kept, ignore_conflicts=True)
            Operation.objects.filter(pk=operation.pk).update(done=F("done") + len(some))


# Of each person with an event that could be undone, or a flag: put back where all of it was.

PUT_BACK = """
    INSERT INTO persons_operationperson (operation_id, person_id, outcome, is_done)
    SELECT %(undo)s, e.person_id, CASE WHEN bool_and(a.id IS NOT NULL) THEN 'recorded' ELSE %(left)s END, true
    FROM persons_consentevent e
    JOIN persons_act of_it ON of_it.id = e.act_id AND of_it.operation_id = %(undone)s
    LEFT JOIN persons_consentevent u ON u.undoes_id = e.id
    LEFT JOIN persons_act a ON a.id = u.act_id AND a.operation_id = %(undo)s
    WHERE NOT e.is_late
    GROUP BY e.person_id
    UNION ALL
    SELECT %(undo)s, o.person_id, %(left)s, true
    FROM persons_operationperson o
    JOIN persons_bulkupdate b ON b.operation_id = o.operation_id AND b.basis_id IS NULL AND b.purpose_id IS NULL
    WHERE o.operation_id = %(undone)s AND o.is_done AND o.outcome = 'recorded'
    ON CONFLICT DO NOTHING"""


def keep_who_was_put_back(operation: Operation, undone: Operation) -> None:
    with connection.cursor() as cursor:
        cursor.execute(PUT_BACK, {"undo": operation.pk, "undone": undone.pk, "left": LEFT})
