"""The one way to write answers (rules 4).

Every writer locks the persons, in ascending id, then reads what stands, decides and writes: one transaction, one act,
its events, and the standing rows brought up to date. What is decided is decided in SQL (`DECIDED`), for one answer and
for a batch of an import alike.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from psycopg.rows import TupleRow
from psycopg.types.numeric import Int8

from persons import journal, prepared
from persons.models import OWN_DOORS, Act, Door, Evidence, Operation
from purposes.models import (
    ARTICLE_CONSENT,
    ARTICLE_LEGITIMATE_INTEREST,
    CONSENT,
    EMARKETING,
    OBJECTED,
    WITHDRAWN,
    Wording,
)

PERSONS_IN_AN_ACT = 5_000
FEW = 20  # answers for which planning the statement takes longer than running it
CLOCK_TOLERANCE = timedelta(minutes=5)
PROOF_LETTERS = 10
FILE_NAME_LETTERS = 200


class Outcome(models.TextChoices):
    """What became of an answer. The first four are no refusals."""

    RECORDED = "recorded", _("Recorded.")
    LATE = "late", _("Kept in the history: an answer given later stands.")
    SAME = "same", _("Nothing to change: this already stands.")
    KEPT = "kept", _("Left as it is: an answer already stands.")
    STOP_STANDS = "stop_stands", _("The person has said no. Only the person can say yes again.")
    NO_PROOF = "no_proof", _("This needs proof: a wording, a file, or a comment of at least ten characters.")
    NOT_ACCEPTED = "not_accepted", _("The purpose does not accept this legal basis.")
    INACTIVE = "inactive", _("This is no longer in use; only a stop can be recorded.")
    FUTURE = "future", _("The day on which it was given lies in the future.")
    GONE = "gone", _("This person was erased or merged into another one.")

    @property
    def is_refusal(self) -> bool:
        return self not in (Outcome.RECORDED, Outcome.LATE, Outcome.SAME, Outcome.KEPT)

    @property
    def field(self) -> str:
        """The field of an answer at which a form shows the refusal."""
        return {Outcome.NO_PROOF: "comment", Outcome.FUTURE: "given_at"}.get(self, "basis")


class Refused(Exception):
    """An answer that the rules do not let in; `outcome` says why."""

    def __init__(self, outcome: Outcome):
        super().__init__(str(outcome.label))
        self.outcome = outcome


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one person is said to have answered on one purpose or on one subscription type.

    `given_at` None: unknown. `valid_until` can only shorten what the purpose's validity gives. `only_if_none` leaves
    alone whatever stands. For a subscription the basis is Consent (active) or Withdrawn (ended).
    """

    person_id: int
    purpose_id: str | None = None
    type_id: str | None = None
    basis_id: str
    source_id: str
    given_at: datetime | None = None
    valid_until: datetime | None = None
    wording: Wording | None = None
    comment: str = ""
    file: File | None = None
    only_if_none: bool = False


def subscription(*, is_active: bool, **facts: Any) -> Answer:
    """The answer that a subscription is active, or that it has ended."""
    return Answer(basis_id=CONSENT if is_active else WITHDRAWN, **facts)


@dataclass(frozen=True, kw_only=True)
class Recorder:
    """Who records, through which door, and for whom.

    `own_acts` is the scope of an API token whose answers the persons gave themselves. `may_lift` says that the user
    has the right to lift stops. `moment` is what counts as now for dates that are unknown or lie ahead: for an import
    the moment a file of that digest was first applied, so that a second time changes nothing.
    """

    door: Door
    user: Any = None
    token: str = ""
    own_acts: bool = False
    may_lift: bool = False
    expressed_by: Act.ExpressedBy = Act.ExpressedBy.PERSON
    reason: str = ""
    request_id: str = ""
    operation: Operation | None = None
    moment: datetime | None = None

    @property
    def is_own_door(self) -> bool:
        return self.door in OWN_DOORS or (self.own_acts and self.door == Door.API)


@dataclass(frozen=True)
class Written:
    """What became of the answer with this number, and the event it was kept as, if it was."""

    number: int
    outcome: Outcome
    event_id: int | None


def record(answer: Answer, *, by: Recorder) -> Written:
    """Record one answer. Raises Refused, and then nothing is written."""
    written = record_many([answer], by=by)[0]
    if written.outcome.is_refusal:
        raise Refused(written.outcome)
    return written


def record_many(answers: Sequence[Answer], *, by: Recorder) -> list[Written]:
    """Record answers, one after the other, as one act; what is refused is reported, in the same order.

    Raises ValueError for more persons than one act may touch.
    """
    if not answers:
        return []
    stored = [_stored(answer.file) for answer in answers]
    written: list[Written] = []
    try:
        rows = [_row(number, *pair) for number, pair in enumerate(zip(answers, stored, strict=True))]
        columns = dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
        written = record_rows(UNNESTED, columns, by=by, run=prepared.execute if len(rows) <= FEW else _planned)
    finally:
        kept = {row.number for row in written if row.event_id}
        for number, name in enumerate(stored):
            if name and number not in kept:
                default_storage.delete(name)
    return written


def _planned(statement: str, parameters: dict[str, Any]) -> Sequence[TupleRow]:
    """Run a statement with a plan of its own: made for as many answers as there are."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def record_rows(
    answers_sql: str, parameters: dict[str, Any], *, by: Recorder, run: Callable[..., Sequence[TupleRow]] = _planned
) -> list[Written]:
    """Record the answers that a SELECT gives, with the columns named in COLUMNS, as one act.

    Of several answers of one person on one matter each meets what the one with the lower number left standing.
    """
    last_rounds, statement = _statements(answers_sql)
    written: list[Written] = []
    act = None
    with transaction.atomic():
        last_round: dict[int, int] = dict(run(last_rounds, parameters))
        lock(last_round)
        for number in range(1, max(last_round.values(), default=0) + 1):
            rows = run(statement, parameters | _facts(by) | {"round": Int8(number), "act": act and Int8(act)})
            written += [Written(number, Outcome(outcome), event) for number, outcome, event, _act in rows]
            act = next((row[3] for row in rows if row[3]), act)
        if act:
            journal.keep(act)
    return sorted(written, key=lambda row: row.number)


def foreseen(answers_sql: str, parameters: dict[str, Any], *, by: Recorder) -> list[Written]:
    """What would become of answers, one of each person on one matter, were they recorded now. Nothing is written."""
    decided = _decided(answers_sql) + "SELECT number, outcome FROM decided"
    rows = _planned(decided, parameters | _facts(by) | {"round": Int8(1)})
    return [Written(number, Outcome(outcome), None) for number, outcome in rows]


def renew_statistics() -> None:
    """After batches 1, 2, 4, 8, …: the tables have doubled, and the planner must know."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE persons_person, persons_consent, persons_subscription, persons_consentevent")


def now() -> datetime:
    """This very moment by the database's clock: whatever lies a little ahead counts as that (rules 4.6)."""
    return timezone.now() + CLOCK_TOLERANCE / 2


@lru_cache(maxsize=8)
def _statements(answers_sql: str) -> tuple[str, str]:
    """How many answers each person gives on one matter; and what decides and writes one round of them."""
    rounds = ROUNDS.format(answers=answers_sql)
    return f"SELECT person_id, max(round) FROM ({rounds}) a GROUP BY person_id", _decided(answers_sql) + WRITTEN


def _decided(answers_sql: str) -> str:
    """The statement, as far as it decides one round of answers."""
    rounds = ROUNDS.format(answers=answers_sql)
    return DECIDED.format(rounds=rounds, late=OLDER, is_lifted=IS_LIFTED, held_by=HELD_BY)


def lock(person_ids: Iterable[int]) -> None:
    """Keep every other writer off these persons until the transaction ends. Always in ascending id: no deadlocks."""
    ids = sorted(set(person_ids))
    if len(ids) > PERSONS_IN_AN_ACT:
        raise ValueError(f"An act touches {PERSONS_IN_AN_ACT} persons at most, not {len(ids)}.")
    prepared.execute(LOCK, {"ids": [Int8(one) for one in ids]})


LOCK = "SELECT FROM persons_person WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE"


COLUMNS = {
    "number": "bigint",
    "person_id": "bigint",
    "purpose_id": "text",
    "type_id": "text",
    "basis_id": "text",
    "source_id": "text",
    "given_at": "timestamptz",
    "valid_until": "timestamptz",
    "wording_id": "bigint",
    "wording_digest": "bytea",
    "comment": "text",
    "file_hash": "bytea",
    "file": "text",
    "file_name": "text",
    "only_if_none": "boolean",
}

UNNESTED = "SELECT * FROM unnest({arrays}) AS given ({names})".format(
    arrays=", ".join(f"%({name})s::{type_}[]" for name, type_ in COLUMNS.items()), names=", ".join(COLUMNS)
)

ROUNDS = """
    SELECT a.*, row_number() OVER (PARTITION BY person_id, purpose_id, type_id ORDER BY number) AS round
    FROM ({answers}) a"""

# So that the order of recording makes no difference (rules 4.3) an answer meets not only what stands: a stop may be
# lifted by an allowance that has been replaced, or was kept late; and an allowance must lift the stops kept late too.
# `HELD_BY`: the greatest force among those that it does not lift and nothing else did. What was undone does not count.

LIFTED = """EXISTS (
    SELECT FROM persons_consentevent l JOIN purposes_legalbasis lb ON lb.key = l.basis_after_id
    WHERE lb.allows AND l.person_id = {stop}.person_id AND l.purpose_id IS NOT DISTINCT FROM {stop}.purpose_id
      AND l.subscription_type_id IS NOT DISTINCT FROM {type} AND l.given_at > {given} AND l.force >= {stop}.force
      AND NOT EXISTS (SELECT FROM persons_consentevent u WHERE u.undoes_id = l.id))"""

IS_LIFTED = LIFTED.format(stop="compared", type="compared.type_id", given="compared.given")

HELD_BY = """
    SELECT max(s.force) FROM persons_consentevent s JOIN purposes_legalbasis sb ON sb.key = s.basis_after_id
    WHERE NOT sb.allows AND s.is_late AND s.person_id = w.person_id AND s.purpose_id IS NOT DISTINCT FROM w.purpose_id
      AND s.subscription_type_id IS NOT DISTINCT FROM w.type_id AND NOT (w.given > s.given_at AND w.force >= s.force)
      AND NOT """ + LIFTED.format(stop="s", type="s.subscription_type_id", given="s.given_at")

# What each answer meets, what it weighs, and what becomes of it. `force`: ConsentEvent.Force.

DECIDED = """
WITH answer AS (SELECT * FROM ({rounds}) a WHERE round = %(round)s),
met AS (
    SELECT a.*, b.allows, b.article,
           p.erased_at IS NOT NULL OR p.merged_into_id IS NOT NULL AS is_gone,
           NOT (b.is_active AND coalesce(purpose.is_active, type.is_active)) AS is_inactive,
           a.type_id IS NOT NULL OR accepted.id IS NOT NULL AS is_accepted,
           purpose.validity_months,
           coalesce(c.event_id, s.event_id) AS stood_by_event,
           CASE WHEN s.id IS NULL THEN c.basis_id WHEN s.is_active THEN %(consent)s ELSE %(withdrawn)s END AS stood_on,
           coalesce(cb.allows, s.is_active) AS stood_allowing,
           coalesce(c.given_at, s.given_at) AS stood_since,
           coalesce(c.force, s.force) AS stood_force,
           coalesce(c.is_own, s.is_own) AS stood_own,
           coalesce(c.source_id, s.source_id) AS stood_source,
           coalesce(c.wording_id, s.wording_id) AS stood_wording
    FROM answer a
    JOIN persons_person p ON p.id = a.person_id
    JOIN purposes_legalbasis b ON b.key = a.basis_id
    LEFT JOIN purposes_purpose purpose ON purpose.key = a.purpose_id
    LEFT JOIN purposes_subscriptiontype type ON type.key = a.type_id
    LEFT JOIN purposes_acceptedbasis accepted
           ON accepted.purpose_id = a.purpose_id AND accepted.basis_id = a.basis_id
    LEFT JOIN persons_consent c ON c.person_id = a.person_id AND c.purpose_id = a.purpose_id
    LEFT JOIN purposes_legalbasis cb ON cb.key = c.basis_id
    LEFT JOIN persons_subscription s ON s.person_id = a.person_id AND s.type_id = a.type_id),
clock AS (SELECT coalesce(%(moment)s, clock_timestamp()) AS moment),
weighed AS (
    SELECT met.*, clock.moment,
           CASE WHEN allows THEN least(met.given_at, CASE WHEN met.given_at IS NOT NULL THEN clock.moment END)
                ELSE least(coalesce(met.given_at, clock.moment), clock.moment) END AS given,
           CASE WHEN %(is_own)s OR (NOT allows AND basis_id = %(objected)s) THEN 2
                WHEN NOT allows OR (%(lifts)s AND file_hash IS NOT NULL) THEN 1
                ELSE 0 END AS force,
           allows AND met.given_at > clock.moment + %(tolerance)s AS is_ahead,
           wording_id IS NOT NULL OR file_hash IS NOT NULL OR length(btrim(comment)) >= %(letters)s
               OR NOT (allows AND (article = %(article_consent)s
                                   OR (article = %(article_interest)s AND purpose_id = %(emarketing)s))) AS is_proven
    FROM met, clock),
compared AS (
    SELECT w.*,
           stood_on = basis_id AND stood_source = source_id AND stood_wording IS NOT DISTINCT FROM wording_id
               AND stood_since IS NOT DISTINCT FROM given AND file_hash IS NULL
               AND w.comment = coalesce((SELECT comment FROM persons_evidence v WHERE v.event_id = stood_by_event), '')
               AS is_equal,
           w.given_at IS NULL AND stood_allowing = allows AND (NOT allows OR stood_on = basis_id) AS is_undated_equal,
           CASE WHEN allows AND NOT stood_allowing AND given > stood_since AND force >= stood_force
                THEN ({held_by}) END AS held_by,
           (SELECT CASE WHEN bool_or(e.is_late) THEN 'late' ELSE 'replaced' END
            FROM persons_consentevent e LEFT JOIN persons_evidence v ON v.event_id = e.id
            WHERE e.person_id = w.person_id AND w.file_hash IS NULL
              AND NOT EXISTS (SELECT FROM persons_consentevent u WHERE u.undoes_id = e.id)
              AND e.purpose_id IS NOT DISTINCT FROM w.purpose_id
              AND e.subscription_type_id IS NOT DISTINCT FROM w.type_id
              AND e.basis_after_id = w.basis_id AND e.source_id = w.source_id
              AND e.wording_id IS NOT DISTINCT FROM w.wording_id AND e.given_at IS NOT DISTINCT FROM w.given
              AND coalesce(v.comment, '') = w.comment
            HAVING count(*) > 0) AS known_as
    FROM weighed w),
decided AS (
    SELECT *, CASE
        WHEN is_gone                                                       THEN 'gone'
        WHEN only_if_none AND stood_on IS NOT NULL                         THEN 'kept'
        WHEN allows AND is_inactive                                        THEN 'inactive'
        WHEN allows AND NOT is_accepted                                    THEN 'not_accepted'
        WHEN is_ahead                                                      THEN 'future'
        WHEN is_equal OR is_undated_equal OR known_as = 'late'             THEN 'same'
        WHEN allows AND NOT stood_allowing AND (given IS NULL OR given > stood_since)
             AND (given IS NULL OR force < greatest(stood_force, held_by)) THEN 'stop_stands'
        WHEN NOT is_proven                                                 THEN 'no_proof'
        WHEN stood_on IS NULL                                              THEN 'recorded'
        WHEN NOT stood_allowing AND allows AND given > stood_since
             AND held_by IS NULL                                           THEN 'recorded'
        WHEN NOT stood_allowing AND NOT allows AND given > stood_since AND force >= stood_force
             AND (stood_on <> %(objected)s OR basis_id = %(objected)s)
             AND (NOT stood_own OR %(is_own)s)                             THEN 'recorded'
        WHEN NOT stood_allowing                                            THEN {late}
        WHEN NOT allows AND stood_since > given
             AND (stood_force >= force OR {is_lifted})                     THEN {late}
        WHEN NOT allows                                                    THEN 'recorded'
        WHEN given > stood_since OR (given IS NOT NULL AND stood_since IS NULL)
             OR (given = stood_since AND %(is_page)s)                      THEN 'recorded'
        ELSE {late} END AS outcome
    FROM compared)"""

# an older answer that does not win: kept, unless the ledger has it already, be it as one that stood for a time
OLDER = "CASE WHEN known_as IS NULL THEN 'late' ELSE 'same' END"

# The act only if there is something to keep; its events; what lies beside them; what stands from now on. While a stop
# stands the person's old addresses are suppressed, whichever came first, the stop or the new address (rules 4.13).

WRITTEN = """,
new_act AS (
    INSERT INTO persons_act (door, is_own_door, expressed_by, user_id, token, reason, request_id, operation_id)
    SELECT %(door)s, %(is_own)s, %(expressed_by)s, %(user)s, %(token)s, %(reason)s, %(request_id)s, %(operation)s
    WHERE %(act)s::bigint IS NULL AND EXISTS (SELECT FROM decided WHERE outcome IN ('recorded', 'late'))
    RETURNING id, recorded_at),
act AS (
    SELECT id, recorded_at FROM new_act
    UNION ALL
    SELECT id, recorded_at FROM persons_act WHERE id = %(act)s),
kept AS MATERIALIZED (
    SELECT numbered.*, uuid_send(gen_random_uuid()) AS salt,
           CASE WHEN allows THEN least(valid_until, coalesce(dated, recorded_at)
                                                    + make_interval(months => validity_months)) END AS good_until
    FROM (SELECT decided.*, nextval(pg_get_serial_sequence('persons_consentevent', 'id')) AS event_id,
                 act.id AS act_id, act.recorded_at,
                 CASE WHEN given = moment AND %(moment)s IS NULL THEN act.recorded_at ELSE given END AS dated
          FROM (SELECT * FROM decided WHERE outcome IN ('recorded', 'late') ORDER BY number) decided, act) numbered),
event AS (
    INSERT INTO persons_consentevent (id, act_id, person_id, purpose_id, subscription_type_id, basis_before_id,
                                      basis_after_id, source_id, given_at, valid_until, wording_id, wording_digest,
                                      comment_digest, file_digest, force, is_own, is_late)
    OVERRIDING SYSTEM VALUE
    SELECT event_id, act_id, person_id, purpose_id, type_id, stood_on, basis_id, source_id, dated, good_until,
           wording_id, wording_digest,
           CASE WHEN comment <> '' THEN sha256(salt || convert_to(comment, 'UTF8')) END,
           sha256(salt || file_hash), force, %(is_own)s, outcome = 'late'
    FROM kept),
evidence AS (
    INSERT INTO persons_evidence (event_id, salt, comment, file, file_name)
    SELECT event_id, salt, comment, file, file_name FROM kept WHERE comment <> '' OR file_hash IS NOT NULL),
consent AS (
    INSERT INTO persons_consent (person_id, purpose_id, basis_id, event_id, source_id, given_at, recorded_at,
                                 valid_until, wording_id, force, is_own)
    SELECT person_id, purpose_id, basis_id, event_id, source_id, dated, recorded_at, good_until, wording_id,
           force, %(is_own)s
    FROM kept WHERE outcome = 'recorded' AND purpose_id IS NOT NULL
    ON CONFLICT (person_id, purpose_id) DO UPDATE
    SET (basis_id, event_id, source_id, given_at, recorded_at, valid_until, wording_id, force, is_own)
      = (excluded.basis_id, excluded.event_id, excluded.source_id, excluded.given_at, excluded.recorded_at,
         excluded.valid_until, excluded.wording_id, excluded.force, excluded.is_own)),
suppressed AS (
    INSERT INTO persons_suppression (address_hash, reason, lifted_because)
    SELECT DISTINCT f.address_hash, 'changed', ''
    FROM kept JOIN persons_formeraddress f ON f.person_id = kept.person_id
    JOIN persons_person p ON p.id = kept.person_id
    WHERE outcome = 'recorded' AND NOT allows AND f.address_hash IS DISTINCT FROM p.address_hash
    ON CONFLICT (address_hash) WHERE lifted_at IS NULL DO NOTHING),
subscription AS (
    INSERT INTO persons_subscription (person_id, type_id, is_active, event_id, source_id, given_at, recorded_at,
                                      wording_id, force, is_own)
    SELECT person_id, type_id, allows, event_id, source_id, dated, recorded_at, wording_id, force, %(is_own)s
    FROM kept WHERE outcome = 'recorded' AND type_id IS NOT NULL
    ON CONFLICT (person_id, type_id) DO UPDATE
    SET (is_active, event_id, source_id, given_at, recorded_at, wording_id, force, is_own)
      = (excluded.is_active, excluded.event_id, excluded.source_id, excluded.given_at, excluded.recorded_at,
         excluded.wording_id, excluded.force, excluded.is_own))
SELECT number, outcome, event_id, act_id FROM kept
UNION ALL
SELECT number, outcome, NULL, NULL FROM decided WHERE outcome NOT IN ('recorded', 'late')"""


def _facts(by: Recorder) -> dict[str, Any]:
    """The recorder and the constants of the rules, as parameters of the statement."""
    return {
        "door": by.door,
        "is_own": by.is_own_door,
        "is_page": by.door == Door.PAGE,
        "lifts": by.door == Door.PAGE and by.may_lift,
        "expressed_by": by.expressed_by,
        "user": by.user and Int8(by.user.pk),
        "token": by.token,
        "reason": by.reason,
        "request_id": by.request_id,
        "operation": by.operation and Int8(by.operation.pk),
        "moment": by.moment,
        "tolerance": CLOCK_TOLERANCE,
        "letters": PROOF_LETTERS,
        "consent": CONSENT,
        "withdrawn": WITHDRAWN,
        "objected": OBJECTED,
        "emarketing": EMARKETING,
        "article_consent": ARTICLE_CONSENT,
        "article_interest": ARTICLE_LEGITIMATE_INTEREST,
    }


def _row(number: int, answer: Answer, stored: str) -> list[Any]:
    facts = {field.name: getattr(answer, field.name) for field in fields(answer)}
    facts |= {
        "number": Int8(number),
        "person_id": Int8(answer.person_id),
        "wording_id": answer.wording and Int8(answer.wording.pk),
        "wording_digest": answer.wording and answer.wording.digest(),
        "comment": answer.comment.strip(),
        "file_hash": answer.file and _sha256(answer.file),
        "file": stored,
        "file_name": (answer.file.name or "")[-FILE_NAME_LETTERS:] if answer.file else "",
    }
    return [facts[name] for name in COLUMNS]


def _stored(file: File | None) -> str:
    """Where the file of an answer now lies; empty for none."""
    if file is None:
        return ""
    return default_storage.save(Evidence.file.field.generate_filename(Evidence(), file.name or "evidence"), file)


def _sha256(file: File) -> bytes:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return digest.digest()
