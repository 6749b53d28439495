"""A bulk update: one answer, a purpose's new validity, or the flag *No mailings*, for many persons at once.

Whom it is about is kept when it is prepared. The dry run (`check`) and the update itself (`run`) go through them a few
thousand at a time, each batch in a transaction of its own with its outcomes, so that both go on where they stood after
a kill, and can be called off between two batches.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pghistory
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from persons import ledger, validity
from persons.ledger import Outcome, Recorder, Written
from persons.models import Act, BulkUpdate, Door, Operation, OperationPerson, Person
from persons.verdict import among_ids

PERSONS_CHECKED_AT_ONCE = 3_000  # more is the worker's
PERSONS_IN_A_BATCH = 2_000  # a withdrawal of one of them waits for the batch

State = Operation.State


class Interrupted(Exception):
    """The worker is told to stop: the work goes on later, where it stood."""


class Cancelled(Exception):
    """Somebody called the work off: what is done stays."""


Stopped = Callable[[], bool]


def never() -> bool:
    return False


def prepare(update: BulkUpdate, persons: QuerySet[Person], *, by: Any) -> Operation:
    """Keep what is to be recorded, and for whom; the dry run comes next."""
    with transaction.atomic():
        operation = Operation.objects.create(kind=Operation.Kind.BULK_UPDATE, state=State.CHECKING, created_by=by)
        update.operation = operation
        update.save()
        with connection.cursor() as cursor:
            cursor.execute(
                f"""INSERT INTO persons_operationperson (operation_id, person_id, outcome)
                    SELECT %(operation)s, id, '' FROM persons_person WHERE id IN ({among_ids(persons)}) ORDER BY id""",
                {"operation": operation.pk},
            )
            operation.total = cursor.rowcount
        operation.save()
    return operation


def is_small(operation: Operation) -> bool:
    """Whether the dry run is over before anybody would want to leave the page."""
    return operation.total <= PERSONS_CHECKED_AT_ONCE


def check(operation: Operation, *, stopped: Stopped = never) -> None:
    """Keep what would become of each answer. Raises Interrupted."""
    by = recorder(operation)
    for ids in batches(operation, {"outcome": ""}, stopped):
        with transaction.atomic():
            keep(operation, foreseen(operation.bulk_update, ids, by), is_done=False)
    moves(operation, State.CHECKING, State.CHECKED, counts=counted(operation), done=0, begun_at=None)


def start(operation: Operation) -> bool:
    """Let the worker do it; False when it is not waiting for that."""
    return moves(operation, State.CHECKED, State.WAITING)


def run(operation: Operation, *, stopped: Stopped = never) -> None:
    """Record the answers, or go on with it. Raises Interrupted."""
    moves(operation, State.WAITING, State.RUNNING)
    by = recorder(operation)
    with pghistory.context(user=operation.created_by_id, operation=operation.pk):
        for number, ids in enumerate(batches(operation, {"is_done": False}, stopped), start=1):
            with transaction.atomic():
                keep(operation, recorded(operation.bulk_update, ids, by), is_done=True)
            if number.bit_count() == 1:
                ledger.renew_statistics()
    moves(operation, State.RUNNING, State.DONE)


def cancel(operation: Operation) -> bool:
    """Call it off; False when it is over already. A worker that is at it ends after the batch that it is at."""
    left = Operation.objects.filter(pk=operation.pk, state__in=[State.CHECKED, *UNDER_WAY])
    cancelled = left.update(state=State.CANCELLED, finished_at=Now())
    operation.refresh_from_db()
    if cancelled:
        close(operation)
    return bool(cancelled)


def close(operation: Operation) -> None:
    """Keep the counts of what was done, and the moment."""
    Operation.objects.filter(pk=operation.pk).update(counts=counted(operation), finished_at=Now())
    operation.refresh_from_db()


def counted(operation: Operation) -> dict[str, int]:
    """How many persons there are of each outcome: of what is done, before it begins of what is expected."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT CASE WHEN is_done OR %(is_dry)s THEN outcome ELSE 'not_done' END AS outcome, count(*)
               FROM persons_operationperson WHERE operation_id = %(operation)s GROUP BY 1""",
            {"operation": operation.pk, "is_dry": operation.state in (State.CHECKING, State.CHECKED)},
        )
        return dict(cursor.fetchall())


UNDER_WAY = [State.CHECKING, State.WAITING, State.RUNNING]


def moves(operation: Operation, before: str, after: str, **facts: Any) -> bool:
    """From one state to the next; False when it was not in the first."""
    moved = Operation.objects.filter(pk=operation.pk, state=before).update(state=after, **facts)
    operation.refresh_from_db()
    if moved and after == State.DONE:
        close(operation)
    return bool(moved)


# ---- batch by batch


def batches(operation: Operation, left: dict[str, Any], stopped: Stopped) -> Iterator[list[int]]:
    """The ids of the persons who are left, some at a time; says after each batch how far it is. Raises Interrupted."""
    rest = OperationPerson.objects.filter(operation=operation, **left).order_by("person_id")
    begin(operation, operation.total - rest.count())
    after = 0
    while ids := list(rest.filter(person_id__gt=after).values_list("person_id", flat=True)[:PERSONS_IN_A_BATCH]):
        go_on(operation, stopped)
        yield ids
        after = ids[-1]
        Operation.objects.filter(pk=operation.pk).update(done=F("done") + len(ids))


def begin(operation: Operation, done: int) -> None:
    Operation.objects.filter(pk=operation.pk).update(begun_at=Now(), begun_with=done, done=done)


def go_on(operation: Operation, stopped: Stopped) -> None:
    """Raises Cancelled when somebody has called it off, and Interrupted when the worker must go."""
    if not Operation.objects.under_way().filter(pk=operation.pk).exists():
        raise Cancelled
    if stopped():
        raise Interrupted


def keep(operation: Operation, outcomes: list[tuple[int, str]], *, is_done: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE persons_operationperson o SET outcome = found.outcome, is_done = %(is_done)s
               FROM unnest(%(ids)s::bigint[], %(outcomes)s::text[]) AS found (person_id, outcome)
               WHERE o.operation_id = %(operation)s AND o.person_id = found.person_id""",
            {
                "operation": operation.pk,
                "is_done": is_done,
                "ids": [person_id for person_id, _outcome in outcomes],
                "outcomes": [str(outcome) for _person_id, outcome in outcomes],
            },
        )


def recorder(operation: Operation) -> Recorder:
    return Recorder(
        door=Door.BULK,
        user=operation.created_by,
        operation=operation,
        expressed_by=Act.ExpressedBy(operation.bulk_update.expressed_by),
    )


# ---- what one batch comes to: an outcome for each person

ANSWERS = """
    SELECT p.id AS number, p.id AS person_id, b.purpose_id, b.type_id, b.basis_id, b.source_id, b.given_at,
           NULL::timestamptz AS valid_until, NULL::bigint AS wording_id, NULL::bytea AS wording_digest, b.comment,
           NULL::bytea AS file_hash, '' AS file, '' AS file_name, b.only_if_none
    FROM unnest(%(ids)s::bigint[]) AS p (id) JOIN persons_bulkupdate b ON b.operation_id = %(bulk)s"""

FLAGGED = """
    SELECT id, CASE WHEN erased_at IS NOT NULL OR merged_into_id IS NOT NULL THEN 'gone'
                    WHEN no_mailings = %(no_mailings)s THEN 'same' ELSE 'recorded' END
    FROM persons_person WHERE id = ANY(%(ids)s)"""


def foreseen(update: BulkUpdate, ids: list[int], by: Recorder) -> list[tuple[int, str]]:
    if update.is_of_validity:
        return validity.foreseen(update, ids)
    if update.matter is None:
        return flagged(update, ids)
    return of_the_ledger(ledger.foreseen(ANSWERS, {"ids": ids, "bulk": update.pk}, by=by))


def recorded(update: BulkUpdate, ids: list[int], by: Recorder) -> list[tuple[int, str]]:
    if update.is_of_validity:
        return validity.renew(update, ids, by)
    if update.matter is None:
        ledger.lock(ids)
        outcomes = flagged(update, ids)
        changed = [person_id for person_id, outcome in outcomes if outcome == Outcome.RECORDED]
        Person.objects.filter(pk__in=changed).update(no_mailings=update.no_mailings, updated_at=Now())
        return outcomes
    return of_the_ledger(ledger.record_rows(ANSWERS, {"ids": ids, "bulk": update.pk}, by=by))


def flagged(update: BulkUpdate, ids: list[int]) -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(FLAGGED, {"ids": ids, "no_mailings": update.no_mailings})
        return cursor.fetchall()


def of_the_ledger(written: list[Written]) -> list[tuple[int, str]]:
    return [(row.number, row.outcome) for row in written]
