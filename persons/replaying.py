"""Stops and erasures of the journal, made again in a database that was restored (rules 5.6)."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.db import connection

from persons import journal, leaving, ledger, sealing
from persons.journal import Line
from persons.ledger import Answer, Outcome, Recorder
from persons.models import Door, Person, Suppression
from purposes.models import OBJECTED, LegalBasis, Purpose, Source, SubscriptionType

BATCH = 1_000
UNKNOWN_SOURCE = "UNKNOWN"


@dataclass
class Replayed:
    """What came of it. `to_erase`: persons who were erased once and are there again, to be erased by hand."""

    stops: int = 0
    recorded: int = 0
    blocked: int = 0
    erased: int = 0
    damaged: int = 0
    to_erase: list[int] = field(default_factory=list)


def replay(path: Path, *, erase: Callable[[Person], None] | None = None) -> Replayed:
    """Make every stop and every erasure of a journal again; safe to repeat, and to go on with after a kill.

    A stop finds its person by number and address, else by the address; the address of nobody known is blocked, until
    it confirms that it wants mail again. In the end sending may begin again.
    """
    done = Replayed()
    stops, erasures = _contents(path, done)
    done.stops = len(stops)
    for batch in _batches(stops):
        _stop(batch, done)
    for line in erasures:
        _erase(line, erase, done)
    sealing.seal()
    journal.mark()
    return done


def _contents(path: Path, done: Replayed) -> tuple[list[Line], list[Line]]:
    """The stops that were not undone, and the erasures."""
    stops: dict[tuple[int, str], Line] = {}
    erasures = []
    for line in journal.read(path):
        if line is None:
            done.damaged += 1
        elif line["kind"] == "stop":
            stops[line["event"], line["at"]] = line
        elif line["kind"] == "undone":
            stops.pop((line["event"], line["at"]), None)
        elif line["kind"] == "erased":
            erasures.append(line)
    return list(stops.values()), erasures


def _batches(stops: list[Line]) -> Iterator[list[Line]]:
    """In their order, those of one door together: a batch is one act."""
    batch: list[Line] = []
    for line in stops:
        if batch and (len(batch) == BATCH or batch[0]["door"] != line["door"]):
            yield batch
            batch = []
        batch.append(line)
    if batch:
        yield batch


def _stop(batch: list[Line], done: Replayed) -> None:
    found, known = _persons(batch), _Lists()
    answers = [
        known.answer(line, person)
        for number, line in enumerate(batch)
        if known.has(line)
        for person in found.get(number, [])
    ]
    written = ledger.record_many(answers, by=Recorder(door=Door(batch[0]["door"]), reason=journal.REPLAY))
    done.recorded += sum(row.outcome == Outcome.RECORDED for row in written)
    nobodys = [line for number, line in enumerate(batch) if not found.get(number)]
    done.blocked += _block(nobodys, Suppression.Reason.REPLAYED)
    if batch[0]["door"] == Door.COMPLAINT:
        _block(batch, Suppression.Reason.COMPLAINT)


def _block(lines: Iterable[Line], reason: Suppression.Reason) -> int:
    addresses = {line["addresses"][0] for line in lines if line["addresses"]}
    for address in addresses:
        leaving.block(bytes.fromhex(address), reason)
    return len(addresses)


class _Lists:
    """What the restored database still knows of what the lines name."""

    def __init__(self) -> None:
        self.purposes = set(Purpose.objects.values_list("pk", flat=True))
        self.types = set(SubscriptionType.objects.values_list("pk", flat=True))
        self.bases = set(LegalBasis.objects.filter(allows=False).values_list("pk", flat=True))
        self.sources = set(Source.objects.values_list("pk", flat=True))

    def has(self, line: Line) -> bool:
        return line["purpose"] in self.purposes or line["type"] in self.types

    def answer(self, line: Line, person: int) -> Answer:
        return Answer(
            person_id=person,
            purpose_id=line["purpose"],
            type_id=line["type"],
            basis_id=line["basis"] if line["basis"] in self.bases else OBJECTED,
            source_id=line["source"] if line["source"] in self.sources else UNKNOWN_SOURCE,
            given_at=datetime.fromisoformat(line["given"]),
        )


FOUND = """
    WITH known AS MATERIALIZED (
        SELECT number, person, at,
               (SELECT array_agg(decode(a, 'hex') ORDER BY o) FROM unnest(addresses) WITH ORDINALITY u (a, o)) AS hashes
        FROM jsonb_to_recordset(%s) AS k (number int, person bigint, at timestamptz, addresses text[])),
    same AS MATERIALIZED (
        SELECT k.number, p.id FROM known k JOIN persons_person p ON p.id = k.person
        WHERE p.address_hash = ANY(k.hashes) OR (k.hashes IS NULL AND p.created_at < k.at)
           OR EXISTS (SELECT FROM persons_formeraddress f WHERE f.person_id = p.id AND f.address_hash = ANY(k.hashes)))
    TABLE same
    UNION ALL
    SELECT k.number, p.id FROM known k JOIN persons_person p ON p.address_hash = k.hashes[1]
    WHERE NOT EXISTS (SELECT FROM same WHERE same.number = k.number)"""


def _persons(lines: list[Line]) -> dict[int, list[int]]:
    """For the number of each line, the persons it is about."""
    asked = [
        {"number": number, "person": line["person"], "at": line.get("at"), "addresses": line["addresses"]}
        for number, line in enumerate(lines)
    ]
    found: dict[int, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(FOUND, [json.dumps(asked)])
        for number, person in cursor.fetchall():
            found.setdefault(number, []).append(person)
    return found


def _erase(line: Line, erase: Callable[[Person], None] | None, done: Replayed) -> None:
    """Who is there again goes again; whoever has the address since, and confirmed it, is somebody new."""
    there = _persons([line]).get(0, [])
    for person in Person.objects.kept().filter(pk__in=[pk for pk in there if pk == line["person"]]):
        if erase:
            erase(person)
            done.erased += 1
        else:
            done.to_erase.append(person.pk)
    is_blocked = Suppression.objects.filter(address_hash=bytes.fromhex((line["addresses"] or [""])[0])).exists()
    if not is_blocked and "merged_into" not in line:
        _block([line], Suppression.Reason.ERASED)
