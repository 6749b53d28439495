"""The seals over the ledger: hashing acts into a chain, and proving that nothing in it was touched (rules 4.2).

A seal covers acts that were not sealed before; no range of ids or times decides which. Its root is a Merkle tree over
the events (`persons.merkle`), so that a proof can carry one event and its path. What this cannot show is a change made
by somebody with SQL rights before the next seal.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from persons import journal
from persons.merkle import canonical, merkle_root, seal_hash
from persons.models import Seal

FORMAT = 1
EVENTS_IN_A_SEAL = 100_000
SEALER_LOCK = 7_421_001  # advisory: one sealer at a time
NO_HASH = bytes(32)
BATCH = 5_000


@dataclass(frozen=True)
class Verification:
    """`head` is the hash of the last seal, the anchor to keep elsewhere; `first_problem` names what is wrong first."""

    head: str
    seals: int
    events: int
    first_problem: str = ""

    @property
    def ok(self) -> bool:
        return not self.first_problem


def _micros(column: str) -> str:
    return f"(extract(epoch FROM {column}) * 1000000)::bigint"


# Format 1 of a leaf: these fields in this order. Another order or another field is another format.

LEAF_FIELDS = f"""
    a.id, a.door, a.is_own_door, a.expressed_by, a.user_id, a.token, a.reason, a.request_id, a.operation_id,
    {_micros("a.recorded_at")}, e.id, e.person_id, e.purpose_id, e.subscription_type_id, e.basis_before_id,
    e.basis_after_id, e.source_id, {_micros("e.given_at")}, {_micros("e.valid_until")}, e.wording_id,
    encode(e.wording_digest, 'hex'), encode(e.comment_digest, 'hex'), encode(e.file_digest, 'hex'),
    e.force, e.is_own, e.is_late, e.undoes_id
"""

LEAVES = f"""
    SELECT sealed.position, {LEAF_FIELDS}
    FROM persons_sealedact sealed
    LEFT JOIN persons_act a ON a.id = sealed.act_id
    LEFT JOIN persons_consentevent e ON e.act_id = sealed.act_id
    WHERE sealed.seal_id = %s
    ORDER BY sealed.position, e.id
"""

LEAVES_OF_ACTS = f"""
    SELECT sealed.position, {LEAF_FIELDS}
    FROM unnest(%s::bigint[]) WITH ORDINALITY AS sealed (act_id, position)
    JOIN persons_act a ON a.id = sealed.act_id
    LEFT JOIN persons_consentevent e ON e.act_id = sealed.act_id
    ORDER BY sealed.position, e.id
"""

TAKE_UNSEALED = """
    WITH waiting AS (
        SELECT u.act_id, sum(greatest(1, (SELECT count(*) FROM persons_consentevent e WHERE e.act_id = u.act_id)))
                             OVER (ORDER BY u.act_id) AS events
        FROM (SELECT act_id FROM persons_unsealedact ORDER BY act_id LIMIT %(most)s) u)
    DELETE FROM persons_unsealedact
    WHERE act_id IN (SELECT act_id FROM waiting WHERE events <= %(most)s
                     UNION ALL (SELECT act_id FROM waiting ORDER BY act_id LIMIT 1))
    RETURNING act_id
"""


@dataclass(frozen=True)
class _Contents:
    """What the leaves of one seal amount to."""

    acts: int
    events: int
    root: bytes


def _contents(rows: Iterable[tuple]) -> _Contents:
    positions: set[int] = set()
    events = 0

    def leaves() -> Iterator[bytes]:
        nonlocal events
        for position, *fields in rows:
            positions.add(position)
            events += fields[10] is not None
            yield canonical(fields)

    root = merkle_root(leaves())
    return _Contents(len(positions), events, root)


# ---- sealing


def seal() -> int:
    """Seal what waits, in as many seals as that takes, and say how many acts that were. Safe to run twice."""
    sealed = 0
    while acts := _seal_once():
        sealed += acts
    if sealed:
        journal.note_seal()
    return sealed


def _seal_once() -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEALER_LOCK])
        cursor.execute(TAKE_UNSEALED, {"most": EVENTS_IN_A_SEAL})
        acts = sorted(act for (act,) in cursor.fetchall())
        if acts:
            _write_seal(cursor, acts)
        return len(acts)


def _write_seal(cursor: Any, acts: list[int]) -> None:
    last = Seal.objects.order_by("number").last()
    number, previous = (last.number + 1, bytes(last.hash)) if last else (1, NO_HASH)
    cursor.execute(f"SELECT now, {_micros('now')} FROM clock_timestamp() AS now")
    sealed_at, micros = cursor.fetchone()
    cursor.execute(LEAVES_OF_ACTS, [acts])
    found = _contents(cursor)
    Seal.objects.create(
        number=number,
        previous=previous,
        format=FORMAT,
        acts=found.acts,
        events=found.events,
        root=found.root,
        hash=seal_hash(number, previous, FORMAT, found.acts, found.events, found.root, micros),
        sealed_at=sealed_at,
    )
    cursor.execute(
        "INSERT INTO persons_sealedact (act_id, seal_id, position)"
        " SELECT act_id, %s, position FROM unnest(%s::bigint[]) WITH ORDINALITY AS sealed (act_id, position)",
        [number, acts],
    )


# ---- verifying


def verify(anchor: str = "") -> Verification:
    """Recompute every seal and every standing row.

    `anchor` is the head of an earlier day, kept elsewhere: a ledger whose end was cut off since then, or that was
    rewritten, does not contain it any more.
    """
    seals = list(Seal.objects.order_by("number"))
    head = bytes(seals[-1].hash).hex() if seals else ""
    problem = next(_problems(seals, anchor), "")
    return Verification(head, len(seals), sum(seal.events for seal in seals), problem)


def _problems(seals: list[Seal], anchor: str) -> Iterator[str]:
    yield from _broken_chain(seals)
    if anchor and anchor.lower() not in {bytes(seal.hash).hex() for seal in seals}:
        yield f"No seal has the hash {anchor}: the end of the ledger was cut off, or it was rewritten."
    yield from _changed_contents(seals)
    for query, sentence in LOOSE_ENDS:
        yield from (sentence.format(*row) for row in _rows(query))


def _broken_chain(seals: list[Seal]) -> Iterator[str]:
    previous = NO_HASH
    for number, seal in enumerate(seals, 1):
        if seal.number != number:
            yield f"Seal {number} is missing."
        if bytes(seal.previous) != previous:
            yield f"Seal {seal.number} does not continue the chain."
        facts = (seal.number, bytes(seal.previous), seal.format, seal.acts, seal.events, bytes(seal.root))
        if bytes(seal.hash) != seal_hash(*facts, moment(seal)):
            yield f"Seal {seal.number} was changed."
        previous = bytes(seal.hash)


def _changed_contents(seals: list[Seal]) -> Iterator[str]:
    for seal in seals:
        if _contents(_rows(LEAVES, [seal.number])) != _Contents(seal.acts, seal.events, bytes(seal.root)):
            yield f"The acts and events under seal {seal.number} are not those that were sealed."


def leaves(seal: int) -> Iterator[list]:
    """The fields of each leaf under a seal, in the order in which they were sealed."""
    return (fields for _position, *fields in _rows(LEAVES, [seal]))


def moment(seal: Seal) -> int:
    """When it was sealed, in microseconds since 1970."""
    return round(seal.sealed_at.timestamp() * 1_000_000)


def _rows(query: str, parameters: list[Any] | None = None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


# What no seal covers, each with the sentence that names the first case.

WITHOUT_SEAL = """
    SELECT a.id FROM persons_act a
    WHERE NOT EXISTS (SELECT FROM persons_sealedact s WHERE s.act_id = a.id)
      AND NOT EXISTS (SELECT FROM persons_unsealedact u WHERE u.act_id = a.id)
    ORDER BY a.id LIMIT 1"""

SEALED_AND_WAITING = """
    SELECT u.act_id FROM persons_unsealedact u JOIN persons_sealedact s ON s.act_id = u.act_id ORDER BY 1 LIMIT 1"""

# xmin is the low half of the transaction's id; after a restore it says nothing, and the act's own one shows that
ADDED_TO_AN_ACT = """
    SELECT e.id, a.id FROM persons_unsealedact u
    JOIN persons_act a ON a.id = u.act_id
    JOIN persons_consentevent e ON e.act_id = a.id
    WHERE a.xmin::text::bigint = mod(a.written_in::text::numeric, 4294967296) AND e.xmin <> a.xmin
    ORDER BY e.id LIMIT 1"""

STANDING_ROWS = """
    WITH last AS (
        SELECT DISTINCT ON (e.person_id, e.purpose_id, e.subscription_type_id)
               e.person_id, e.purpose_id, e.subscription_type_id AS type_id,
               CASE WHEN e.purpose_id IS NULL THEN b.allows::text ELSE e.basis_after_id END AS answer,
               e.id AS event_id, e.source_id, e.given_at,
               CASE WHEN e.purpose_id IS NOT NULL THEN e.valid_until END AS valid_until,
               e.wording_id, e.force, e.is_own, a.recorded_at
        FROM persons_consentevent e
        JOIN persons_act a ON a.id = e.act_id
        LEFT JOIN purposes_legalbasis b ON b.key = e.basis_after_id
        WHERE NOT e.is_late
        ORDER BY e.person_id, e.purpose_id, e.subscription_type_id, e.id DESC),
    follows AS (SELECT * FROM last WHERE answer IS NOT NULL),
    stands AS (
        SELECT person_id, purpose_id, NULL::text AS type_id, basis_id AS answer,
               event_id, source_id, given_at, valid_until, wording_id, force, is_own, recorded_at
        FROM persons_consent
        UNION ALL
        SELECT person_id, NULL, type_id, is_active::text,
               event_id, source_id, given_at, NULL, wording_id, force, is_own, recorded_at
        FROM persons_subscription)
    SELECT person_id, coalesce(purpose_id, type_id) AS matter FROM (
        (TABLE follows EXCEPT ALL TABLE stands) UNION ALL (TABLE stands EXCEPT ALL TABLE follows)) differs
    ORDER BY 1, 2 LIMIT 1"""

CHANGED_COMMENT = """
    SELECT e.id FROM persons_consentevent e JOIN persons_evidence v ON v.event_id = e.id
    WHERE e.comment_digest IS DISTINCT FROM
          CASE WHEN v.comment <> '' THEN sha256(v.salt || convert_to(v.comment, 'UTF8')) END
    ORDER BY e.id LIMIT 1"""

LOOSE_ENDS = [
    (WITHOUT_SEAL, "Act {} has no seal and does not wait for one."),
    (SEALED_AND_WAITING, "Act {} is sealed and waits for a seal."),
    (ADDED_TO_AN_ACT, "Event {} was added to act {} by another transaction."),
    (STANDING_ROWS, "The standing answer of person {} on {} does not follow from the ledger."),
    (CHANGED_COMMENT, "The comment beside event {} is not the one that was recorded."),
]
