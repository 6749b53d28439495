"""Claiming recipients, and writing down what became of them (design section 5).

A claim is one statement and one transaction: it takes the next rows, asks the verdict about their persons again, holds
back whoever fails, stores the hashes of the links in the messages, and moves the rest to `claimed`. Whatever is written
afterwards is written only where the claim is still the one that was made here.
"""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from psycopg.rows import TupleRow
from psycopg.types.numeric import Int8

from mailings import bouncing
from mailings.diagnosis import Bounce
from mailings.merge_fields import FIELDS
from mailings.models import Mailing, Recipient
from persons import links, verdict
from persons.prepared import execute
from persons.verdict import LET_IN, Code, Kind, Question
from purposes.models import ARTICLE_CONSENT, ARTICLE_LEGITIMATE_INTEREST, EMARKETING

LARGEST = 20  # of one connection: what a killed worker leaves uncertain at most
SIZES = (1, 2, 3, 5, 8, 12, 16, LARGEST)  # few, so that each is prepared once


class Claimed(NamedTuple):
    """A recipient to whom a message is to be handed over now."""

    id: int
    person_id: int
    address: str
    address_hash: bytes
    key: UUID
    attempts: int
    code: str
    rests_on_consent: bool
    one_click: bool
    values: dict[str, str]
    token: str


@dataclass(frozen=True)
class Claim:
    """What one statement took: `held_back` so many, the others are to be sent to now."""

    number: int
    recipients: list[Claimed] = field(default_factory=list)
    held_back: int = 0

    def __len__(self) -> int:
        return len(self.recipients) + self.held_back


def question_of(mailing: Mailing) -> Question:
    """What the verdict is asked about the mailing's persons, with the settings of the moment."""
    return Question(
        kind=Kind(mailing.kind),
        type=mailing.type_id,
        purpose=mailing.purpose_id or EMARKETING,
        override=bool(mailing.override_reason),
    )


TAKEN = """mine AS MATERIALIZED (
    SELECT id, person_id, address FROM mailings_recipient
    WHERE mailing_id = %(mailing)s AND state = 'waiting' AND person_id > %(after)s
      AND (retry_at IS NULL OR retry_at <= statement_timestamp())
      AND split_part(address, '@', 2) <> ALL(%(without)s::text[])
      AND EXISTS (SELECT FROM mailings_mailing WHERE id = %(mailing)s AND state = 'sending')
    ORDER BY person_id LIMIT {size} FOR UPDATE SKIP LOCKED)"""

# A verdict that lets in is final only for the address it was given for. Rows held back get no link.

CLAIM = """
WITH {taken},
judged AS MATERIALIZED ({judged}),
decided AS MATERIALIZED (
    SELECT mine.id, mine.person_id, judged.address_hash, judged.event_id, judged.rests_on_consent,
           row_number() OVER (ORDER BY mine.person_id) AS number,
           CASE WHEN judged.code = ANY(%(let_in)s) AND judged.address <> mine.address THEN %(address_changed)s
                ELSE judged.code END AS code,
           {ends_type} AS ends_type, {ends_purpose} AS ends_purpose
    FROM mine JOIN judged ON judged.person_id = mine.person_id {basis}),
linked AS (
    INSERT INTO persons_linktoken (token_hash, person_id, address_hash, subscription_type_id, purpose_id,
                                   language)
    SELECT (%(hashes)s::bytea[])[number], person_id, address_hash, ends_type, ends_purpose, %(language)s::text
    FROM decided WHERE code = ANY(%(let_in)s))
UPDATE mailings_recipient r
SET state = CASE WHEN d.code = ANY(%(let_in)s) THEN 'claimed' ELSE 'held_back' END,
    code = d.code, event_id = d.event_id, claim = %(claim)s, claimed_at = statement_timestamp(), retry_at = NULL,
    link_id = CASE WHEN d.code = ANY(%(let_in)s) THEN (%(hashes)s::bytea[])[d.number] ELSE r.link_id END
FROM decided d
JOIN persons_person p ON p.id = d.person_id
LEFT JOIN persons_company company ON company.id = p.company_id
WHERE r.id = d.id
RETURNING r.id, r.state, d.number, r.person_id, r.address, d.address_hash, r.message_key, r.attempts, d.code,
          d.rests_on_consent, coalesce(d.ends_type, d.ends_purpose) IS NOT NULL, {fields}"""

BASIS = """
    LEFT JOIN persons_consentevent e ON e.id = judged.event_id
    LEFT JOIN purposes_legalbasis b ON b.key = e.basis_after_id"""


class Claimer:
    """Claims for one mailing, one after the other along its recipients. One thread, one database connection."""

    def __init__(self, mailing: Mailing):
        self.mailing = mailing
        self.after = 0
        self.unanswered: int | None = None
        self.statements = {size: _statement(mailing, size) for size in SIZES}
        self.parameters = verdict.judged(question_of(mailing), "SELECT person_id FROM mine")[1] | {
            "mailing": Int8(mailing.pk),
            "language": mailing.language,
            "type": mailing.type_id,
            "purpose": mailing.purpose_id or EMARKETING,
            "emarketing": EMARKETING,
            "let_in": [code.value for code in LET_IN],
            "address_changed": Code.ADDRESS_CHANGED.value,
            "withdrawable": [ARTICLE_CONSENT, ARTICLE_LEGITIMATE_INTEREST],
        }

    def claim(self, size: int, *, without: Iterable[str] = ()) -> Claim:
        """Claim at most so many after the last one claimed. Committed when this returns, unless in a transaction.

        `without`: the domains that are passed over this time.

        Safe to repeat: what a claim took whose answer was lost with the connection is given back first.
        """
        if self.unanswered:
            release(self.unanswered)
        size = max(known for known in SIZES if known <= max(1, size))
        tokens = [links.make() for _ in range(size)]
        claim = Claim(number=secrets.randbits(63))
        facts = {
            "after": Int8(self.after),
            "claim": Int8(claim.number),
            "hashes": [links.hashed(token) for token in tokens],
            "without": list(without),
        }
        self.unanswered = claim.number
        rows = execute(self.statements[size], self.parameters | facts)
        self.unanswered = None
        if not rows:
            return claim
        self.after = max(row[3] for row in rows)
        going = sorted((row for row in rows if row[1] == Recipient.State.CLAIMED), key=itemgetter(3))
        return Claim(claim.number, [_claimed(row, tokens) for row in going], len(rows) - len(going))


def release(claim: int) -> None:
    """Give back everything a claim took: for claims with which nothing was begun."""
    execute(RELEASED, {"claim": Int8(claim)})


RELEASED = """
UPDATE mailings_recipient SET state = 'waiting', claim = NULL, claimed_at = NULL
WHERE state = 'claimed' AND claim = %(claim)s"""


def _claimed(row: TupleRow, tokens: list[str]) -> Claimed:
    id_, _, number, *facts = row
    values = dict(zip(FIELDS, facts[8:], strict=True))
    return Claimed._make([id_, *facts[:8], values, tokens[number - 1]])


def _statement(mailing: Mailing, size: int) -> str:
    """The claim of one mailing, by its kind: what one click ends differs (rules 5.3)."""
    is_service = mailing.kind == Kind.SERVICE
    rests = "CASE WHEN judged.rests_on_consent THEN %(type)s::text END"
    return CLAIM.format(
        taken=TAKEN.format(size=size),
        judged=verdict.judged(question_of(mailing), "SELECT person_id FROM mine")[0],
        basis=BASIS if is_service else "",
        ends_type="NULL::text" if is_service else rests,
        ends_purpose="CASE WHEN b.article = ANY(%(withdrawable)s) THEN %(purpose)s::text END"
        if is_service
        else f"CASE WHEN ({rests}) IS NULL THEN %(emarketing)s::text END",
        fields=", ".join(FIELDS.values()),
    )


# ---- what became of them


@dataclass(frozen=True)
class Outcome:
    """What became of one recipient. Waiting again: `retry_in` seconds from now, None for at once, uncounted."""

    id: int
    state: Recipient.State
    answer: str = ""
    retry_in: float | None = None
    bounce: Bounce | None = None
    address_hash: bytes | None = None

    @property
    def was_begun(self) -> bool:
        return self.state != Recipient.State.WAITING or bool(self.answer)


NOTED = """
UPDATE mailings_recipient r
SET state = o.state, answer = CASE WHEN o.answer <> '' THEN o.answer ELSE r.answer END,
    answered_at = CASE WHEN o.answer <> '' THEN clock_timestamp() ELSE r.answered_at END,
    bounce = CASE WHEN o.bounce <> '' THEN o.bounce ELSE r.bounce END,
    bounced_at = CASE WHEN o.bounce <> '' THEN clock_timestamp() ELSE r.bounced_at END,
    attempts = r.attempts + CASE WHEN o.state <> 'waiting' OR o.retry_in IS NOT NULL THEN 1 ELSE 0 END,
    retry_at = clock_timestamp() + o.retry_in * interval '1 second',
    claim = CASE WHEN o.state IN ('waiting', 'cancelled') THEN NULL ELSE r.claim END,
    claimed_at = CASE WHEN o.state IN ('waiting', 'cancelled') THEN NULL ELSE r.claimed_at END
FROM unnest(%(ids)s::bigint[], %(states)s::text[], %(answers)s::text[], %(retries)s::float8[], %(bounces)s::text[])
     AS o (id, state, answer, retry_in, bounce)
WHERE r.id = o.id AND r.claim = %(claim)s AND r.state IN ('claimed', 'uncertain')"""


def note(mailing: Mailing, claim: int, outcomes: Iterable[Outcome]) -> None:
    """Write down what became of a claim's recipients. Safe to repeat; what the sweep called uncertain is corrected."""
    outcomes = list(outcomes)
    if not outcomes:
        return
    bounces = [(one.address_hash, one.bounce, one.answer) for one in outcomes if one.bounce]
    with _settled(mailing, outcomes) as settled:
        execute(NOTED, _columns(settled) | {"claim": Int8(claim)})
        bouncing.take_note(mailing.pk, bounces)


@contextmanager
def _settled(mailing: Mailing, outcomes: list[Outcome]) -> Iterator[list[Outcome]]:
    """The outcomes as they can be written now: in a mailing cancelled meanwhile nobody goes back to waiting."""
    if all(outcome.state != Recipient.State.WAITING and not outcome.bounce for outcome in outcomes):
        yield outcomes
        return
    with transaction.atomic():
        statement = "SELECT state FROM mailings_mailing WHERE id = %(mailing)s FOR SHARE"
        [(state,)] = execute(statement, {"mailing": mailing.pk})
        yield [_cancelled(outcome) for outcome in outcomes] if state == Mailing.State.CANCELLED else outcomes


def _cancelled(outcome: Outcome) -> Outcome:
    if outcome.state != Recipient.State.WAITING:
        return outcome
    return Outcome(outcome.id, Recipient.State.CANCELLED, outcome.answer)


def _columns(outcomes: list[Outcome]) -> dict[str, list[Any]]:
    return {
        "ids": [outcome.id for outcome in outcomes],
        "states": [outcome.state.value for outcome in outcomes],
        "answers": [outcome.answer for outcome in outcomes],
        "retries": [outcome.retry_in for outcome in outcomes],
        "bounces": [outcome.bounce or "" for outcome in outcomes],
    }
