"""Taking back what was recorded (rules 4.10): a new act that puts back what stood, where nothing came since."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from persons import journal, keeping
from persons.ledger import Recorder, lock
from persons.models import Act, ActNote, ConsentEvent, Operation

GRACE = timedelta(hours=24)


NOT_YOURS = gettext_lazy(
    "Only who recorded it can undo it, within 24 hours, and one stop at most. A privacy admin can always."
)


class UndoRefused(Exception):
    """Whoever asks may not undo this, or not any more; the text says who may."""


@dataclass(frozen=True)
class Undone:
    """How many answers were put back, and how many were left: an answer came since, or the person gave it."""

    put_back: int
    left: int
    act_id: int | None = None

    def __add__(self, other: "Undone") -> "Undone":
        return Undone(self.put_back + other.put_back, self.left + other.left, other.act_id)


def undo(events: Any, *, by: Recorder, reason: str = "") -> Undone:
    """Undo events of one act, all or some of them: a queryset of them. Safe to run twice.

    Raises UndoRefused: the recorder may within 24 hours; later, or if more than one stop would fall, it takes the
    right to lift stops and a reason.
    """
    ids = list(events.values_list("pk", flat=True))
    with transaction.atomic():
        lock(events.values_list("person", flat=True))
        found = _found(ids)
        _check_right(events, sum(row.lifts_stop for row in found), by, reason)
        act_id = _put_back([row.event_id for row in found], by, reason) if found else None
        if act_id:
            journal.keep(act_id)
    return Undone(len(found), len(ids) - len(found), act_id)


def undo_operation(operation: Operation, *, by: Recorder, reason: str = "") -> Iterator[Undone]:
    """Undo an operation, its last act first, one transaction each; gives what was done so far after each act."""
    check_operation(operation, by=by, reason=reason)
    done = Undone(0, 0)
    for act in operation.acts.order_by("-pk"):
        done += undo(act.events.all(), by=by, reason=reason)
        yield done


def check_operation(operation: Operation, *, by: Recorder, reason: str = "") -> None:
    """Raises UndoRefused where this recorder may not undo all of it, or has to say why."""
    everything = ConsentEvent.objects.filter(act__operation=operation)
    stops = sum(row.lifts_stop for row in _found(list(everything.values_list("pk", flat=True))))
    _check_right(everything, stops, by, reason)


def open_to_undo(events: Iterable[ConsentEvent], *, by: Recorder) -> dict[int, bool]:
    """Of events, those that this recorder may undo one by one, each with whether that takes a reason."""
    found = {row.event_id for row in _found([event.pk for event in events])}
    takes_reason = {
        event.pk: event.act.user != by.user or event.act.recorded_at < timezone.now() - GRACE
        for event in events
        if event.pk in found
    }
    return {pk: takes for pk, takes in takes_reason.items() if by.may_lift or not takes}


@dataclass(frozen=True)
class _Found:
    event_id: int
    lifts_stop: bool


# The events that can be undone: the last of their matter, late ones counted, and not given by the person. What a merge
# brought over stays: the person it came from stands no more, and a stop of theirs would be lost (rules 4.12).

FOUND = """
    SELECT e.id, coalesce(NOT b.allows, false) AND coalesce(before.allows, true)
    FROM persons_consentevent e
    LEFT JOIN purposes_legalbasis b ON b.key = e.basis_after_id
    LEFT JOIN purposes_legalbasis before ON before.key = e.basis_before_id
    JOIN persons_act a ON a.id = e.act_id
    WHERE e.id = ANY(%(ids)s) AND NOT (e.is_own AND a.reason <> 'validity') AND NOT e.is_late
      AND a.door NOT IN ('merge', 'erasure')
      AND NOT EXISTS (SELECT FROM persons_consentevent n WHERE n.person_id = e.person_id AND n.id > e.id
                      AND n.purpose_id IS NOT DISTINCT FROM e.purpose_id
                      AND n.subscription_type_id IS NOT DISTINCT FROM e.subscription_type_id)
    ORDER BY e.id"""

PUT_BACK = """
    SELECT e.person_id, e.purpose_id, e.subscription_type_id AS type_id, e.basis_after_id AS stood_on,
           was.id AS was_id, was.valid_until, false AS is_late, e.id AS undoes_id
    FROM persons_consentevent e
    LEFT JOIN LATERAL (
        SELECT id, valid_until FROM persons_consentevent b
        WHERE b.person_id = e.person_id AND b.id < e.id AND NOT b.is_late
          AND b.purpose_id IS NOT DISTINCT FROM e.purpose_id
          AND b.subscription_type_id IS NOT DISTINCT FROM e.subscription_type_id
        ORDER BY b.id DESC LIMIT 1) was ON true
    WHERE e.id = ANY(%(ids)s) ORDER BY e.id"""


def _found(ids: list[int]) -> list[_Found]:
    with connection.cursor() as cursor:
        cursor.execute(FOUND, {"ids": ids})
        return [_Found(*row) for row in cursor.fetchall()]


def _check_right(events: Any, stops: int, by: Recorder, reason: str) -> None:
    acts = Act.objects.filter(events__in=events).distinct()
    others = acts.exclude(user=by.user) if by.user else acts
    is_recent = not acts.filter(recorded_at__lt=timezone.now() - GRACE).exists()
    if not others.exists() and is_recent and stops <= 1:
        return
    if not by.may_lift:
        raise UndoRefused(NOT_YOURS)
    if not reason.strip():
        raise UndoRefused(
            _("Say why this is undone: it lifts a stop, is older than a day, or was recorded by another.")
        )


def _put_back(ids: list[int], by: Recorder, reason: str) -> int:
    act_id, _person = keeping.write_again(PUT_BACK, {"ids": ids}, by=by, reason="undo")[0]
    if reason.strip():
        ActNote.objects.create(act_id=act_id, text=reason.strip())
    return act_id
