"""The one statement that writes answers: an act, its events, what lies beside them, and what stands from now on.

What is written are the rows `kept`, one per event: its columns and those of its evidence, with the matter and the basis
named as in an answer (`type_id`, `basis_id`; `stood_on` before). No basis: nothing stands any more. They are made of
answers that `deciding` let in, and, for `undoing`, `carrying` and `validity`, of earlier events.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db import connection

from persons.models import Act

if TYPE_CHECKING:
    from persons.ledger import Recorder

# the id that an event will have: its standing row, written in the same statement, names it
NEXT_EVENT = "nextval(pg_get_serial_sequence('persons_consentevent', 'id'))"

ACT = """
new_act AS (
    INSERT INTO persons_act (door, is_own_door, expressed_by, user_id, token, reason, request_id, operation_id)
    SELECT %(door)s, %(is_own)s, %(expressed_by)s, %(user)s, %(token)s, %(reason)s, %(request_id)s, %(operation)s
    WHERE %(act)s::bigint IS NULL AND EXISTS ({wanted})
    RETURNING id, recorded_at),
act AS (
    SELECT id AS act_id, recorded_at FROM new_act
    UNION ALL
    SELECT id, recorded_at FROM persons_act WHERE id = %(act)s)"""


def act(wanted: str) -> str:
    """The act, made where the SELECT `wanted` gives a row; the one with the id `act` where that is not NULL.

    Its other parameters are those of `Recorder.facts`.
    """
    return ACT.format(wanted=wanted)


WRITTEN = """
event AS (
    INSERT INTO persons_consentevent (id, act_id, person_id, purpose_id, subscription_type_id, basis_before_id,
                                      basis_after_id, source_id, given_at, valid_until, wording_id, wording_digest,
                                      comment_digest, file_digest, force, is_own, is_late, undoes_id)
    OVERRIDING SYSTEM VALUE
    SELECT event_id, act_id, person_id, purpose_id, type_id, stood_on, basis_id, source_id, given_at, valid_until,
           wording_id, wording_digest, comment_digest, file_digest, force, is_own, is_late, undoes_id
    FROM kept),
evidence AS (
    INSERT INTO persons_evidence (event_id, salt, comment, file, file_name)
    SELECT event_id, salt, comment, file, file_name FROM kept WHERE salt IS NOT NULL),
consent AS (
    INSERT INTO persons_consent (person_id, purpose_id, basis_id, event_id, source_id, given_at, recorded_at,
                                 valid_until, wording_id, force, is_own)
    SELECT person_id, purpose_id, basis_id, event_id, source_id, given_at, recorded_at, valid_until, wording_id,
           force, is_own
    FROM kept WHERE NOT is_late AND purpose_id IS NOT NULL AND basis_id IS NOT NULL
    ON CONFLICT (person_id, purpose_id) DO UPDATE
    SET (basis_id, event_id, source_id, given_at, recorded_at, valid_until, wording_id, force, is_own)
      = (excluded.basis_id, excluded.event_id, excluded.source_id, excluded.given_at, excluded.recorded_at,
         excluded.valid_until, excluded.wording_id, excluded.force, excluded.is_own)),
subscription AS (
    INSERT INTO persons_subscription (person_id, type_id, is_active, event_id, source_id, given_at, recorded_at,
                                      wording_id, force, is_own)
    SELECT person_id, type_id, b.allows, event_id, source_id, given_at, recorded_at, wording_id, force, is_own
    FROM kept JOIN purposes_legalbasis b ON b.key = kept.basis_id WHERE NOT is_late AND type_id IS NOT NULL
    ON CONFLICT (person_id, type_id) DO UPDATE
    SET (is_active, event_id, source_id, given_at, recorded_at, wording_id, force, is_own)
      = (excluded.is_active, excluded.event_id, excluded.source_id, excluded.given_at, excluded.recorded_at,
         excluded.wording_id, excluded.force, excluded.is_own))"""

# What is recorded or kept late, with a salt where there is a comment or a file. While a stop stands the person's old
# addresses are suppressed, whichever came first, the stop or the new address (rules 4.13).

DECIDED = f""",
{act("SELECT FROM decided WHERE outcome IN ('recorded', 'late')")},
numbered AS (
    SELECT decided.*, {NEXT_EVENT} AS event_id, act_id, recorded_at,
           CASE WHEN given = moment AND %(moment)s IS NULL THEN recorded_at ELSE given END AS dated,
           CASE WHEN comment <> '' OR file_hash IS NOT NULL THEN uuid_send(gen_random_uuid()) END AS salt
    FROM (SELECT * FROM decided WHERE outcome IN ('recorded', 'late') ORDER BY number) decided, act),
kept AS MATERIALIZED (
    SELECT number, outcome, event_id, act_id, recorded_at, person_id, purpose_id, type_id, stood_on, basis_id,
           allows, source_id, dated AS given_at,
           CASE WHEN allows THEN least(valid_until, coalesce(dated, recorded_at)
                                                    + make_interval(months => validity_months)) END AS valid_until,
           wording_id, wording_digest,
           CASE WHEN comment <> '' THEN sha256(salt || convert_to(comment, 'UTF8')) END AS comment_digest,
           sha256(salt || file_hash) AS file_digest, force, %(is_own)s AS is_own, outcome = 'late' AS is_late,
           NULL::bigint AS undoes_id, salt, comment, file, file_name
    FROM numbered),
{WRITTEN},
suppressed AS (
    INSERT INTO persons_suppression (address_hash, reason, lifted_because)
    SELECT DISTINCT f.address_hash, 'changed', ''
    FROM kept JOIN persons_formeraddress f ON f.person_id = kept.person_id
    JOIN persons_person p ON p.id = kept.person_id
    WHERE NOT is_late AND NOT allows AND f.address_hash IS DISTINCT FROM p.address_hash
    ON CONFLICT (address_hash) WHERE lifted_at IS NULL DO NOTHING)
SELECT number, outcome, event_id, act_id FROM kept
UNION ALL
SELECT number, outcome, NULL, NULL FROM decided WHERE outcome NOT IN ('recorded', 'late')"""

# The event `was_id` says once more what it said (NULL: nothing), of a person and matter that may be others.

AGAIN = f"""
kept AS MATERIALIZED (
    SELECT w.event_id, w.act_id, w.recorded_at, w.person_id, w.purpose_id, w.type_id, w.stood_on,
           was.basis_after_id AS basis_id, was.source_id, was.given_at, w.valid_until, was.wording_id,
           was.wording_digest, was.comment_digest, was.file_digest, coalesce(was.force, 0) AS force,
           coalesce(was.is_own, false) AS is_own, w.is_late, w.undoes_id, v.salt, v.comment, v.file, v.file_name
    FROM (SELECT wanted.*, act_id, recorded_at, {NEXT_EVENT} AS event_id FROM wanted, act) w
    LEFT JOIN persons_consentevent was ON was.id = w.was_id
    LEFT JOIN persons_evidence v ON v.event_id = w.was_id),
{WRITTEN},
no_consent AS (
    DELETE FROM persons_consent c USING kept
    WHERE kept.basis_id IS NULL AND c.person_id = kept.person_id AND c.purpose_id = kept.purpose_id),
no_subscription AS (
    DELETE FROM persons_subscription s USING kept
    WHERE kept.basis_id IS NULL AND s.person_id = kept.person_id AND s.type_id = kept.type_id)
SELECT act_id, person_id FROM kept"""


def write_again(wanted: str, parameters: dict[str, Any], *, by: "Recorder", reason: str = "") -> list[tuple[int, int]]:
    """Write what earlier events said, as one act of the company: of each event written the act and the person.

    `wanted` is a SELECT of person_id, purpose_id, type_id, stood_on, was_id, valid_until, is_late and undoes_id, in
    the order of writing. Runs in the transaction of the caller, who has locked the persons.
    """
    facts = replace(by, expressed_by=Act.ExpressedBy.COMPANY, reason=reason).facts()
    statement = f"WITH wanted AS MATERIALIZED ({wanted}), {act('SELECT FROM wanted')}, {AGAIN}"
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters | facts | {"act": None})
        return cursor.fetchall()
