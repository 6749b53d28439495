"""Answers brought from one person to another, and ended where nobody stands any more: what merge and erasure write.

Like `persons.ledger`, which decides about new answers, this writes one act, its events and the standing rows together.
"""

from collections.abc import Iterable

from django.db import connection

from persons import journal
from persons.ledger import Recorder
from persons.models import Person

# `over` stands for the kept person from now on; `late` is kept in the history beside it; what stood for `gone` ends.

CARRIED = """
WITH ending AS (
    SELECT e.* FROM persons_consentevent e
    WHERE e.id IN (SELECT event_id FROM persons_consent WHERE person_id = ANY(%(gone)s)
                   UNION ALL SELECT event_id FROM persons_subscription WHERE person_id = ANY(%(gone)s))),
coming AS (
    SELECT e.*, e.id = ANY(%(late)s) AS stays_late,
           coalesce(c.basis_id, CASE WHEN s.is_active THEN '61A' WHEN NOT s.is_active THEN 'WITHDRAWN' END) AS stood_on
    FROM persons_consentevent e
    LEFT JOIN persons_consent c ON c.person_id = %(kept)s AND c.purpose_id = e.purpose_id
    LEFT JOIN persons_subscription s ON s.person_id = %(kept)s AND s.type_id = e.subscription_type_id
    WHERE e.id = ANY(%(over)s) OR e.id = ANY(%(late)s)),
act AS (
    INSERT INTO persons_act (door, is_own_door, expressed_by, user_id, token, reason, request_id, operation_id)
    SELECT %(door)s, false, 'company', %(user)s, %(token)s, '', %(request_id)s, NULL
    WHERE EXISTS (SELECT FROM ending) OR EXISTS (SELECT FROM coming)
    RETURNING id, recorded_at),
carried AS MATERIALIZED (
    SELECT numbered.*, nextval(pg_get_serial_sequence('persons_consentevent', 'id')) AS event_id,
           act.id AS new_act, act.recorded_at
    FROM (SELECT * FROM coming ORDER BY stays_late DESC, id) numbered, act),
ended AS (
    INSERT INTO persons_consentevent (act_id, person_id, purpose_id, subscription_type_id, basis_before_id, force,
                                      is_own, is_late)
    SELECT act.id, person_id, purpose_id, subscription_type_id, basis_after_id, 0, false, false FROM ending, act),
event AS (
    INSERT INTO persons_consentevent (id, act_id, person_id, purpose_id, subscription_type_id, basis_before_id,
                                      basis_after_id, source_id, given_at, valid_until, wording_id, wording_digest,
                                      comment_digest, file_digest, force, is_own, is_late)
    OVERRIDING SYSTEM VALUE
    SELECT event_id, new_act, %(kept)s, purpose_id, subscription_type_id, stood_on, basis_after_id, source_id, given_at,
           valid_until, wording_id, wording_digest, comment_digest, file_digest, force, is_own, stays_late
    FROM carried),
evidence AS (
    INSERT INTO persons_evidence (event_id, salt, comment, file, file_name)
    SELECT carried.event_id, v.salt, v.comment, v.file, v.file_name
    FROM carried JOIN persons_evidence v ON v.event_id = carried.id),
no_consent AS (DELETE FROM persons_consent WHERE person_id = ANY(%(gone)s)),
no_subscription AS (DELETE FROM persons_subscription WHERE person_id = ANY(%(gone)s)),
consent AS (
    INSERT INTO persons_consent (person_id, purpose_id, basis_id, event_id, source_id, given_at, recorded_at,
                                 valid_until, wording_id, force, is_own)
    SELECT %(kept)s, purpose_id, basis_after_id, event_id, source_id, given_at, recorded_at, valid_until, wording_id,
           force, is_own
    FROM carried WHERE purpose_id IS NOT NULL AND NOT stays_late
    ON CONFLICT (person_id, purpose_id) DO UPDATE
    SET (basis_id, event_id, source_id, given_at, recorded_at, valid_until, wording_id, force, is_own)
      = (excluded.basis_id, excluded.event_id, excluded.source_id, excluded.given_at, excluded.recorded_at,
         excluded.valid_until, excluded.wording_id, excluded.force, excluded.is_own)),
subscription AS (
    INSERT INTO persons_subscription (person_id, type_id, is_active, event_id, source_id, given_at, recorded_at,
                                      wording_id, force, is_own)
    SELECT %(kept)s, subscription_type_id, b.allows, event_id, source_id, given_at, recorded_at, wording_id, force,
           is_own
    FROM carried JOIN purposes_legalbasis b ON b.key = carried.basis_after_id
    WHERE subscription_type_id IS NOT NULL AND NOT stays_late
    ON CONFLICT (person_id, type_id) DO UPDATE
    SET (is_active, event_id, source_id, given_at, recorded_at, wording_id, force, is_own)
      = (excluded.is_active, excluded.event_id, excluded.source_id, excluded.given_at, excluded.recorded_at,
         excluded.wording_id, excluded.force, excluded.is_own))
SELECT id FROM act"""


def carry(
    *,
    gone: Iterable[Person],
    kept: Person | None = None,
    over: Iterable[int] = (),
    late: Iterable[int] = (),
    by: Recorder,
) -> int | None:
    """End everything that stands for those who are gone, and bring the events named to the one who is kept.

    Runs in the transaction of the caller, who has locked all of them. The id of the act; None where there was nothing.
    """
    parameters = {
        "gone": [person.pk for person in gone],
        "kept": kept.pk if kept else None,
        "over": list(over),
        "late": list(late),
        "door": by.door,
        "user": by.user and by.user.pk,
        "token": by.token,
        "request_id": by.request_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(CARRIED, parameters)
        found = cursor.fetchone()
    if found is None:
        return None
    journal.keep(found[0])
    return found[0]
