"""Checking a proof pack: `python -m mailings.proof_check FILE`, without a database and without any setting.

A pack is a ZIP: `manifest.json` names the SHA-256 of every other file and is signed (Ed25519, RFC 8032) in
`manifest.sig`; `recipients.jsonl`, `events.jsonl`, `seals.jsonl` and `wordings.jsonl` hold one JSON object a line.
"""

import argparse
import base64
import hashlib
import json
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from persons.merkle import canonical, digest, root_by_path, seal_hash

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"

# The fields of a leaf of format 1, in their order; times in microseconds since 1970.
LEAF = (
    *("act", "door", "is_own_door", "expressed_by", "user", "token", "reason", "request", "operation", "recorded_at"),
    *("event", "person", "purpose", "subscription_type", "basis_before", "basis_after", "source", "given_at"),
    *("valid_until", "wording", "wording_digest", "comment_digest", "file_digest", "force", "is_own", "is_late"),
    "undoes",
)

# What a verdict that let somebody in has to rest on; the others rest on nothing that was answered.
RESTS_ON = {"consent": "purpose", "subscription": "subscription_type"}


@dataclass(frozen=True)
class Checked:
    """`problems` in plain sentences, none when the pack holds; `key` is the public key that it is signed with."""

    key: str
    head: str
    recipients: int
    events: int
    problems: list[str]


def check(file: Any, key: str = "", anchor: str = "") -> Checked:
    """Recompute everything that a pack claims.

    `key` is the public key expected (else the pack's own is believed); `anchor` the hash of a seal kept elsewhere,
    which the pack's seals must contain. Raises ValueError where the file is no proof pack at all.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return _check(archive, key, anchor)
    except DAMAGED as error:
        raise ValueError(f"This is no proof pack, or a damaged one ({type(error).__name__}: {error}).") from error


DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, LookupError, TypeError)


def _check(archive: zipfile.ZipFile, key: str, anchor: str) -> Checked:
    signed = archive.read(MANIFEST)
    manifest = json.loads(signed)
    problems = [*_signature(manifest, signed, archive.read(SIGNATURE), key), *_files(archive, manifest)]
    pack = _Pack(archive, manifest)
    try:
        problems += pack.problems(anchor)
    except DAMAGED:
        if not problems:
            raise
    return Checked(manifest["public_key"], manifest["head"], pack.recipients, len(pack.events), problems)


def _signature(manifest: dict, signed: bytes, signature: bytes, key: str) -> Iterator[str]:
    if key and key != manifest["public_key"]:
        yield "It is signed with another key than the one that was expected."
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(manifest["public_key"]))
        public.verify(base64.b64decode(signature), signed)
    except (InvalidSignature, ValueError):
        yield "The signature does not belong to the manifest: it was changed after it was signed."


def _files(archive: zipfile.ZipFile, manifest: dict) -> Iterator[str]:
    names = Counter(archive.namelist())
    expected = {*manifest["files"], MANIFEST, SIGNATURE}
    yield from (f"{name} is missing." for name in sorted(expected - names.keys()))
    yield from (f"{name} does not belong to the pack." for name in sorted(names.keys() - expected))
    yield from (f"{name} is there twice." for name, times in names.items() if times > 1)
    for name in sorted(manifest["files"].keys() & names.keys()):
        with archive.open(name) as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != manifest["files"][name]:  # type: ignore[arg-type]
                yield f"{name} was changed after the pack was signed."


class _Pack:
    """What a pack holds, read once, and what does not hold in it."""

    def __init__(self, archive: zipfile.ZipFile, manifest: dict):
        self.archive, self.manifest = archive, manifest
        self.seals: dict[int, dict] = {}
        self.wordings: dict[int, list] = {}
        self.events: dict[int, dict] = {}
        self.recipients = 0

    def _lines(self, name: str) -> Iterator[dict]:
        with self.archive.open(name) as file:
            for line in file:
                yield json.loads(line)

    def problems(self, anchor: str) -> list[str]:
        self.seals = {seal["number"]: seal for seal in self._lines("seals.jsonl")}
        self.wordings = {wording["id"]: wording["texts"] for wording in self._lines("wordings.jsonl")}
        return [*self._chain(anchor), *self._events(), *self._recipients()]

    def _chain(self, anchor: str) -> Iterator[str]:
        """Each seal hashes to what it says and continues the one before; the last is the head."""
        previous = None
        for number in sorted(self.seals):
            seal = self.seals[number]
            facts = (bytes.fromhex(seal["previous"]), seal["format"], seal["acts"], seal["events"])
            if seal_hash(number, *facts, bytes.fromhex(seal["root"]), seal["sealed_at"]).hex() != seal["hash"]:
                yield f"Seal {number} was changed."
            if previous and (previous["number"] + 1, previous["hash"]) != (number, seal["previous"]):
                yield f"Seal {number} does not continue the chain."
            previous = seal
        if previous and previous["hash"] != self.manifest["head"]:
            yield "The last seal is not the head that the manifest names."
        if anchor and anchor.lower() not in {seal["hash"] for seal in self.seals.values()}:
            yield f"No seal of the pack has the hash {anchor}."

    def _events(self) -> Iterator[str]:
        for line in self._lines("events.jsonl"):
            facts = dict(zip(LEAF, line["leaf"], strict=True))
            self.events[facts["event"]] = facts
            yield from (f"Event {facts['event']}: {problem}" for problem in self._event(line, facts))

    def _event(self, line: dict, facts: dict) -> Iterator[str]:
        path = [bytes.fromhex(node) for node in line["path"]]
        root = root_by_path(canonical(line["leaf"]), line["index"], line["leaves"], path)
        if line["seal"] not in self.seals:
            yield f"its seal {line['seal']} is missing."
        elif root is None or root.hex() != self.seals[line["seal"]]["root"]:
            yield f"it is not what was sealed under seal {line['seal']}."
        if facts["wording_digest"] and _wording_digest(self.wordings.get(facts["wording"])) != facts["wording_digest"]:
            yield "the wording is not the one that was shown."
        if (
            line["comment"]
            and digest(bytes.fromhex(line["salt"]) + line["comment"].encode()).hex() != (facts["comment_digest"])
        ):
            yield "the comment is not the one that was recorded."

    def _recipients(self) -> Iterator[str]:
        """Each rests on what its code says, and all of them add up."""
        states: Counter[str] = Counter()
        codes: Counter[str] = Counter()
        for line in self._lines("recipients.jsonl"):
            self.recipients += 1
            states[line["state"]] += 1
            codes[line["code"]] += 1
            if problem := self._ground(line):
                yield f"Recipient {line['person']}: {problem}"
        found = {"total": self.recipients, "states": dict(states), "codes": dict(codes)}
        if found != self.manifest["totals"]:
            yield "The recipients do not add up to the numbers of the manifest."

    def _ground(self, line: dict) -> str:
        event = self.events.get(line["event"]) if line["event"] else None
        if line["event"] and not event:
            return f"event {line['event']} is missing."
        if line["code"] in RESTS_ON and not (event and event[RESTS_ON[line["code"]]]):
            return "no event says yes to what the verdict rested on."
        if event and line["code"] in RESTS_ON and event["person"] != line["person"]:
            return "the event is another person's."
        if event and line["claimed_at"] and line["code"] in RESTS_ON and event["recorded_at"] > line["claimed_at"]:
            return "the event was recorded after the message was handed over."
        return ""


def _wording_digest(texts: list | None) -> str:
    return digest(json.dumps(texts, ensure_ascii=False).encode()).hex()


def told(checked: Checked, most: int = 20) -> str:
    """The result for a person who reads."""
    lines = [f"Signed with {checked.key}; head of the ledger {checked.head or 'none'}."]
    if not checked.problems:
        return f"The proof holds: {checked.recipients} recipients, {checked.events} events. {lines[0]}"
    more = len(checked.problems) - most
    lines = [
        "The proof does NOT hold:",
        *checked.problems[:most],
        *([f"… and {more} more."] if more > 0 else []),
        *lines,
    ]
    return "\n".join(lines)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help="the proof pack, a ZIP")
    parser.add_argument("--key", default="", help="the public key that it must be signed with, base64")
    parser.add_argument("--anchor", default="", metavar="HASH", help="a head of the ledger that was kept elsewhere")


def main() -> int:
    parser = argparse.ArgumentParser(description="Checks a proof pack, without the database.")
    arguments(parser)
    chosen = parser.parse_args()
    try:
        checked = check(chosen.file, chosen.key, chosen.anchor)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(told(checked) + "\n")
    return 1 if checked.problems else 0


if __name__ == "__main__":
    sys.exit(main())
