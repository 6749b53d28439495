"""Taking back what was recorded (rules 4.10): a new act that puts back what stood, where nothing came since."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from persons import journal
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
WITH act AS (
    INSERT INTO persons_act (door, is_own_door, expressed_by, user_id, token, reason, request_id, operation_id)
    VALUES (%(door)s, false, 'company', %(user)s, %(token)s, 'undo', %(request_id)s, %(operation)s)
    RETURNING id, recorded_at),
back AS MATERIALIZED (
    SELECT e.id AS undoes, e.person_id, e.purpose_id, e.subscription_type_id AS type_id, e.basis_after_id AS stood_on,
           was.id AS was_id, was.basis_after_id AS basis_id, was.source_id, was.given_at, was.valid_until,
           was.wording_id, was.wording_digest, was.comment_digest, was.file_digest,
           coalesce(was.force, 0) AS force, coalesce(was.is_own, false) AS is_own,
           act.id AS act_id, act.recorded_at, nextval(pg_get_serial_sequence('persons_consentevent', 'id')) AS event_id
    FROM (SELECT * FROM persons_consentevent WHERE id = ANY(%(ids)s) ORDER BY id) e
    CROSS JOIN act
    LEFT JOIN LATERAL (
        SELECT * FROM persons_consentevent b
        WHERE b.person_id = e.person_id AND b.id < e.id AND NOT b.is_late
          AND b.purpose_id IS NOT DISTINCT FROM e.purpose_id
          AND b.subscription_type_id IS NOT DISTINCT FROM e.subscription_type_id
        ORDER BY b.id DESC LIMIT 1) was ON true),
event AS (
    INSERT INTO persons_consentevent (id, act_id, person_id, purpose_id, subscription_type_id, basis_before_id,
                                      basis_after_id, source_id, given_at, valid_until, wording_id, wording_digest,
                                      comment_digest, file_digest, force, is_own, is_late, undoes_id)
    OVERRIDING SYSTEM VALUE
    SELECT event_id, act_id, person_id, purpose_id, type_id, stood_on, basis_id, source_id, given_at, valid_until,
           wording_id, wording_digest, comment_digest, file_digest, force, is_own, false, undoes
    FROM back),
evidence AS (
    INSERT INTO persons_evidence (event_id, salt, comment, file, file_name)
    SELECT back.event_id, v.salt, v.comment, v.file, v.file_name
    FROM back JOIN persons_evidence v ON v.event_id = back.was_id),
no_consent AS (
    DELETE FROM persons_consent c USING back
    WHERE back.basis_id IS NULL AND c.person_id = back.person_id AND c.purpose_id = back.purpose_id),
no_subscription AS (
    DELETE FROM persons_subscription s USING back
    WHERE back.basis_id IS NULL AND s.person_id = back.person_id AND s.type_id = back.type_id),
consent AS (
    UPDATE persons_consent c
    SET (basis_id, event_id, source_id, given_at, recorded_at, valid_until, wording_id, force, is_own)
      = (back.basis_id, back.event_id, back.source_id, back.given_at, back.recorded_at, back.valid_until,
         back.wording_id, back.force, back.is_own)
    FROM back
    WHERE back.basis_id IS NOT NULL AND c.person_id = back.person_id AND c.purpose_id = back.purpose_id),
subscription AS (
    UPDATE persons_subscription s
    SET (is_active, event_id, source_id, given_at, recorded_at, wording_id, force, is_own)
      = (b.allows, back.event_id, back.source_id, back.given_at, back.recorded_at, back.wording_id, back.force,
         back.is_own)
    FROM back JOIN purposes_legalbasis b ON b.key = back.basis_id
    WHERE s.person_id = back.person_id AND s.type_id = back.type_id),
consent_again AS (
    INSERT INTO persons_consent (person_id, purpose_id, basis_id, event_id, source_id, given_at, recorded_at,
                                 valid_until, wording_id, force, is_own)
    SELECT person_id, purpose_id, basis_id, event_id, source_id, given_at, recorded_at, valid_until, wording_id, force,
           is_own
    FROM back WHERE purpose_id IS NOT NULL AND basis_id IS NOT NULL AND stood_on IS NULL),
subscription_again AS (
    INSERT INTO persons_subscription (person_id, type_id, is_active, event_id, source_id, given_at, recorded_at,
                                      wording_id, force, is_own)
    SELECT person_id, type_id, b.allows, event_id, source_id, given_at, recorded_at, wording_id, force, is_own
    FROM back JOIN purposes_legalbasis b ON b.key = back.basis_id
    WHERE type_id IS NOT NULL AND stood_on IS NULL)
SELECT id FROM act"""


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
    parameters = {
        "ids": ids,
        "door": by.door,
        "user": by.user and by.user.pk,
        "token": by.token,
        "request_id": by.request_id,
        "operation": by.operation and by.operation.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(PUT_BACK, parameters)
        act_id = cursor.fetchone()[0]
    if reason.strip():
        ActNote.objects.create(act_id=act_id, text=reason.strip())
    return act_id
