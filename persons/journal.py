"""The journal of stops and erasures, outside the database, so that a restore forgets none of them (rules 5.6).

A file of lines, each a JSON object: a *stop*, what was *undone*, who was *erased*, and now and then the last *seal* of
the ledger. Lines are appended after the commit and are on the disk before anybody is told that it is done; so a line
that the database knows nothing of means that the database is older than the journal. Addresses stand as keyed hashes.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from persons.models import Person, Seal

REPLAY = "replay"  # the reason of acts that were made from the journal, and so stand there already
AHEAD = _(
    "The journal of stops knows of stops that this database does not: the database was restored, or is another one."
    " Run ./crm manage replay_suppressions before anything is sent."
)
KEYS = {  # what a line of each kind has at least
    "stop": {"act", "at", "event", "person", "addresses", "purpose", "type", "basis", "source", "given", "door"},
    "undone": {"event", "at"},
    "erased": {"act", "person", "addresses"},
    "seal": {"number", "hash"},
}
CHUNK = 65_536  # bytes read at a time from the end
Line = dict[str, Any]


def place() -> Path | None:
    """Where it is kept; None where it is not."""
    return Path(settings.SUPPRESSION_JOURNAL) if settings.SUPPRESSION_JOURNAL else None


def keep(act: int) -> None:
    """Append the stops of an act once it is committed."""
    if place():
        transaction.on_commit(lambda: _append(_of_act(act)))


def keep_erasure(persons: list[Person], act: int | None) -> None:
    """Append, once it is committed, that the first of these is erased, with the others, who were merged into it.

    A line for each: in a backup made before the merge they stand apart. To be called while the addresses are there.
    """
    if place():
        about = {"kind": "erased", "act": act, "at": timezone.now().isoformat()}
        lines = [about | {"person": one.pk, "addresses": _addresses(one)} for one in persons]
        for line in lines[1:]:
            line["merged_into"] = persons[0].pk
        transaction.on_commit(partial(_append, lines))


def note_seal() -> None:
    """Append the last seal, unless the journal knows more than the database: that must stay to be seen."""
    if place() and not is_ahead():
        mark()


def mark() -> None:
    """Append the last seal: what stands before it, the database knows."""
    last = Seal.objects.order_by("number").last()
    _append([{"kind": "seal", "number": last.number if last else 0, "hash": bytes(last.hash).hex() if last else ""}])


def is_ahead() -> bool:
    """Whether the database lacks what the journal has: it was restored, or is another one. Then nothing may be sent."""
    path = place()
    if path is None or not path.exists():
        return False
    seal, acts = _since_last_seal(path)
    if seal and seal["number"] and not Seal.objects.filter(number=seal["number"], hash=bytes.fromhex(seal["hash"])):
        return True
    return _lacks(acts)


def read(path: Path) -> Iterator[Line | None]:
    """Every line; None for one that is damaged."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for text in file:
            if text.strip():
                yield _read(text)


# ---- what is written


STOPS = """
    SELECT e.id, e.person_id, e.purpose_id, e.subscription_type_id, e.basis_after_id, e.source_id, e.given_at, a.door,
           a.recorded_at, p.address_hash,
           ARRAY(SELECT address_hash FROM persons_formeraddress f WHERE f.person_id = p.id ORDER BY f.id)
    FROM persons_consentevent e
    JOIN persons_act a ON a.id = e.act_id
    JOIN persons_person p ON p.id = e.person_id
    JOIN purposes_legalbasis b ON b.key = e.basis_after_id AND NOT b.allows
    WHERE e.act_id = %s AND a.reason <> %s ORDER BY e.id"""

UNDONE = """
    SELECT u.id, a.recorded_at FROM persons_consentevent e
    JOIN persons_consentevent u ON u.id = e.undoes_id
    JOIN persons_act a ON a.id = u.act_id
    JOIN purposes_legalbasis b ON b.key = u.basis_after_id AND NOT b.allows
    WHERE e.act_id = %s ORDER BY u.id"""


def _of_act(act: int) -> list[Line]:
    with connection.cursor() as cursor:
        cursor.execute(STOPS, [act, REPLAY])
        stops = [_stop(act, *row) for row in cursor.fetchall()]
        cursor.execute(UNDONE, [act])
        undone = cursor.fetchall()
    return [{"kind": "undone", "event": event, "at": at.isoformat()} for event, at in undone] + stops


def _stop(
    act: int, event: int, person: int, purpose: str, type_: str, basis: str, source: str, given: Any, door: str,
    recorded: Any, address: bytes | None, former: list[bytes],
) -> Line:  # fmt: skip
    return {
        "kind": "stop",
        "act": act,
        "at": recorded.isoformat(),
        "event": event,
        "person": person,
        "addresses": [bytes(one).hex() for one in [address, *former] if one],
        "purpose": purpose,
        "type": type_,
        "basis": basis,
        "source": source,
        "given": given.isoformat(),
        "door": door,
    }


def _addresses(person: Person) -> list[str]:
    """All addresses of a person as hashes, the present one first."""
    former = person.former_addresses.values_list("address_hash", flat=True)
    return [bytes(one).hex() for one in [person.address_hash, *former] if one]


def _append(lines: Iterable[Line]) -> None:
    """Write lines through to the disk; what was torn by a crash stays a line of its own."""
    path, text = place(), "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    if path is None or not text:
        return
    is_new = not path.exists()
    with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        torn = file.seek(0, os.SEEK_END) and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n"
        file.write((b"\n" if torn else b"") + text.encode())
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        _write_through(path.parent)


def _write_through(folder: Path) -> None:
    """A new file is there for good only when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# ---- what is read


def _read(text: str) -> Line | None:
    try:
        line = json.loads(text)
    except ValueError:
        return None
    if not isinstance(line, dict) or not line.keys() >= KEYS.get(str(line.get("kind")), {"a kind that is known"}):
        return None
    return line


def _since_last_seal(path: Path) -> tuple[Line | None, list[Line]]:
    """The last seal noted, and the stops behind it."""
    behind: list[Line] = []
    for text in _backwards(path):
        line = _read(text)
        if line and line["kind"] == "seal":
            return line, behind
        if line and line["kind"] == "stop":
            behind.append(line)
    return None, behind


def _backwards(path: Path) -> Iterator[str]:
    """The lines of a file, the last one first, without reading more of it than is asked for."""
    with path.open("rb") as file:
        end, rest = file.seek(0, os.SEEK_END), b""
        while end > 0:
            start = max(0, end - CHUNK)
            file.seek(start)
            first, *lines = (file.read(end - start) + rest).split(b"\n")
            yield from (line.decode(errors="replace") for line in reversed(lines) if line)
            end, rest = start, first
        if rest:
            yield rest.decode(errors="replace")


LACKING = """
    SELECT EXISTS (
        SELECT FROM unnest(%s::bigint[], %s::timestamptz[]) AS known (act, at)
        WHERE NOT EXISTS (SELECT FROM persons_act a WHERE a.id = known.act AND a.recorded_at = known.at))"""


def _lacks(stops: list[Line]) -> bool:
    known = {(line["act"], line["at"]) for line in stops}
    with connection.cursor() as cursor:
        cursor.execute(LACKING, [[act for act, _ in known], [at for _, at in known]])
        return cursor.fetchone()[0]
