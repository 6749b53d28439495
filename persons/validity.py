"""A changed validity of a purpose, given to the answers that stand: only by an act, after a preview (rules 2)."""

from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from persons import keeping, ledger
from persons.ledger import Outcome, Recorder
from persons.models import BulkUpdate, Consent, Person
from purposes.models import Purpose

REASON = "validity"  # of the acts, so that they count as no new answers

# When each allowance of a purpose ends, and when it would with another validity. One that was recorded with an end of
# its own, sooner than any validity the purpose has had, keeps it. Undated ones count from when they were first
# recorded. `months` NULL: no end.

ENDS = """
    SELECT c.id, c.person_id, c.event_id, c.valid_until,
           CASE WHEN new.is_by_validity THEN new.until ELSE least(c.valid_until, new.until) END AS good_until,
           c.valid_until IS NULL OR c.valid_until > now() AS is_good,
           EXISTS (SELECT FROM purposes_acceptedbasis a WHERE a.purpose_id = c.purpose_id AND a.basis_id = c.basis_id)
               AND NOT EXISTS (SELECT FROM purposes_wording w WHERE w.id = c.wording_id AND w.ask_again_by <= now())
               AS counts_else
    FROM persons_consent c
    JOIN purposes_legalbasis b ON b.key = c.basis_id AND b.allows
    JOIN persons_person p ON p.id = c.person_id AND p.erased_at IS NULL AND p.merged_into_id IS NULL
    CROSS JOIN LATERAL (
        SELECT coalesce(c.given_at, (
            SELECT a.recorded_at FROM persons_consentevent e JOIN persons_act a ON a.id = e.act_id
            WHERE e.person_id = c.person_id AND e.purpose_id = c.purpose_id AND NOT e.is_late
              AND a.reason NOT IN ('validity', 'undo')
            ORDER BY e.id DESC LIMIT 1), c.recorded_at) AS moment) since
    CROSS JOIN LATERAL (
        SELECT since.moment + make_interval(months => %(months)s::int) AS until,
               c.valid_until IS NULL OR EXISTS (
                   SELECT FROM purposes_purposeevent h WHERE h.key = %(purpose)s
                   AND c.valid_until = since.moment + make_interval(months => h.validity_months)) AS is_by_validity) new
    WHERE c.purpose_id = %(purpose)s"""

EFFECT = f"""
    SELECT count(*), count(*) FILTER (WHERE good_until IS DISTINCT FROM valid_until),
           count(*) FILTER (WHERE counts_else AND is_good AND good_until <= now()),
           count(*) FILTER (WHERE counts_else AND NOT is_good AND (good_until IS NULL OR good_until > now()))
    FROM ({ENDS}) ends"""

FORESEEN = f"""
    SELECT asked.id, CASE WHEN ends.id IS NULL THEN 'kept' WHEN good_until IS DISTINCT FROM valid_until THEN 'recorded'
                          ELSE 'same' END
    FROM unnest(%(ids)s::bigint[]) AS asked (id)
    LEFT JOIN ({ENDS} AND c.person_id = ANY(%(ids)s)) ends ON ends.person_id = asked.id"""

RENEWED = f"""
    SELECT was.person_id, was.purpose_id, NULL::text AS type_id, was.basis_after_id AS stood_on, was.id AS was_id,
           good_until AS valid_until, false AS is_late, NULL::bigint AS undoes_id
    FROM ({ENDS} AND c.person_id = ANY(%(ids)s)) ends JOIN persons_consentevent was ON was.id = ends.event_id
    WHERE good_until IS DISTINCT FROM ends.valid_until ORDER BY was.person_id"""


class Effect(NamedTuple):
    """How many answers stand, how many would end on another day, and how many would be OFF, or ON, at once."""

    standing: int
    changed: int
    off_at_once: int
    on_at_once: int


def effect(purpose: Purpose, months: int | None) -> Effect:
    """What giving this validity to the standing answers of a purpose would change."""
    with connection.cursor() as cursor:
        cursor.execute(EFFECT, {"purpose": purpose.pk, "months": months})
        return Effect(*cursor.fetchone())


def update_of(purpose: Purpose) -> tuple[BulkUpdate, QuerySet[Person]]:
    """What `bulk.prepare` takes to give the standing answers the validity that the purpose has now."""
    allowing = Consent.objects.filter(person=OuterRef("pk"), purpose=purpose, basis__allows=True)
    return BulkUpdate(purpose=purpose, expressed_by="company", only_if_none=False), Person.objects.kept().filter(
        Exists(allowing)
    )


def foreseen(update: BulkUpdate, ids: list[int]) -> list[tuple[int, str]]:
    """Of each person what would come of it, as an outcome."""
    with connection.cursor() as cursor:
        cursor.execute(FORESEEN, {"ids": ids, **_asked(update)})
        return cursor.fetchall()


def renew(update: BulkUpdate, ids: list[int], by: Recorder) -> list[tuple[int, str]]:
    """Write the new ends as one act. Safe to run twice: what has its end already is left alone."""
    ledger.lock(ids)
    outcomes = dict(foreseen(update, ids))
    renewed = keeping.write_again(RENEWED, {"ids": ids, **_asked(update)}, by=by, reason=REASON)
    written = {person_id: Outcome.RECORDED.value for _act, person_id in renewed}
    return list((outcomes | written).items())


def _asked(update: BulkUpdate) -> dict[str, Any]:
    months = Purpose.objects.values_list("validity_months", flat=True).get(pk=update.purpose_id)
    return {"purpose": update.purpose_id, "months": months}
