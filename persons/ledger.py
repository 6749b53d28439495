"""The one way to write answers (rules 4).

Every writer locks the persons, in ascending id, then reads what stands, decides and writes: one transaction, one act,
its events, and the standing rows brought up to date. `deciding` says what becomes of each answer, `keeping` writes.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from psycopg.rows import TupleRow
from psycopg.types.numeric import Int8

from persons import deciding, journal, keeping, prepared
from persons.deciding import CLOCK_TOLERANCE, RULES
from persons.models import OWN_DOORS, Act, Door, Evidence, Operation
from purposes.models import CONSENT, WITHDRAWN, Wording

PERSONS_IN_AN_ACT = 5_000
FEW = 20  # answers for which planning the statement takes longer than running it
FILE_NAME_LETTERS = 200


class Outcome(models.TextChoices):
    """What became of an answer. The first four are no refusals."""

    RECORDED = "recorded", _("Recorded.")
    LATE = (
        "late",
        _("Kept in the history only: the answer that stands is a later one, or one that this cannot replace."),
    )
    SAME = "same", _("Nothing to change: this already stands.")
    KEPT = "kept", _("Left as it is: an answer already stands.")
    STOP_STANDS = (
        "stop_stands",
        _("The person has said no. Only the person can say yes again: send a confirmation link."),
    )
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

    def facts(self) -> dict[str, Any]:
        """What its act says of it, as parameters of `keeping.act`."""
        return {
            "door": self.door,
            "is_own": self.is_own_door,
            "expressed_by": self.expressed_by,
            "user": self.user and Int8(self.user.pk),
            "token": self.token,
            "reason": self.reason,
            "request_id": self.request_id,
            "operation": self.operation and Int8(self.operation.pk),
        }


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
        columns = dict(zip(deciding.COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
        written = record_rows(deciding.UNNESTED, columns, by=by, run=prepared.execute if len(rows) <= FEW else _planned)
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
    """Record the answers that a SELECT gives, with the columns named in `deciding.COLUMNS`, as one act.

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
    decided = deciding.decided(answers_sql) + "SELECT number, outcome FROM decided"
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
    last_rounds = f"SELECT person_id, max(round) FROM ({deciding.rounds(answers_sql)}) a GROUP BY person_id"
    return last_rounds, deciding.decided(answers_sql) + keeping.DECIDED


def lock(person_ids: Iterable[int]) -> None:
    """Keep every other writer off these persons until the transaction ends. Always in ascending id: no deadlocks."""
    ids = sorted(set(person_ids))
    if len(ids) > PERSONS_IN_AN_ACT:
        raise ValueError(f"An act touches {PERSONS_IN_AN_ACT} persons at most, not {len(ids)}.")
    prepared.execute(LOCK, {"ids": [Int8(one) for one in ids]})


LOCK = "SELECT FROM persons_person WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE"


def _facts(by: Recorder) -> dict[str, Any]:
    """The recorder and the rules, as parameters of the statement."""
    lifts = by.door == Door.PAGE and by.may_lift
    return RULES | by.facts() | {"is_page": by.door == Door.PAGE, "lifts": lifts, "moment": by.moment}


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
    return [facts[name] for name in deciding.COLUMNS]


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
