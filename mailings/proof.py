"""The proof pack of a mailing: for each recipient the verdict, the event it rested on, and how that was sealed.

`mailings.proof_check` describes the file and checks it. Made as a stream: its size does not matter to memory.
"""

import base64
import binascii
import hashlib
import io
import json
import zipfile
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db import connection
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext

from mailings.models import Mailing, Recipient
from mailings.proof_check import LEAF, MANIFEST, SIGNATURE
from mailings.steering import Refused
from persons import merkle, sealing
from persons.models import ConsentEvent, Evidence, Seal
from persons.verdict import Code
from purposes.models import Wording

FORMAT = 1
ROWS = 2_000  # read at a time
ON_THE_PAGE = 1_000  # recipients on the readable page; the file has them all
EVENT, WORDING = LEAF.index("event"), LEAF.index("wording")


def pack(mailing: Mailing) -> Iterator[bytes]:
    """A ZIP, piece by piece. Raises Refused, before the first piece, where it cannot be signed or nothing was sent."""
    if mailing.state == Mailing.State.DRAFT:
        raise Refused(gettext("Nothing has been sent yet, so there is nothing to prove."))
    key = signing_key()
    sealing.seal()
    return _Pack(mailing, key).pieces()


def signing_key() -> Ed25519PrivateKey:
    """The key of PROOF_KEY. Raises Refused where there is none, or it is not 32 bytes in base64."""
    text = settings.PROOF_KEY.replace("-", "+").replace("_", "/")
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text + "=" * (-len(text) % 4), validate=True))
    except (ValueError, binascii.Error):
        raise Refused(
            gettext("Proofs cannot be signed: PROOF_KEY is not set to 32 random bytes in base64 (docs/deployment.md).")
        ) from None


def public_key(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


class Pipe(io.RawIOBase):
    """What an archive has written and nobody has taken yet."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.waiting += data
        return len(data)

    def take(self) -> bytes:
        taken, self.waiting = bytes(self.waiting), bytearray()
        return taken


class _Pack:
    """One pack while it is written: what was seen on the way decides what comes next, so that all of it agrees."""

    def __init__(self, mailing: Mailing, key: Ed25519PrivateKey):
        self.mailing, self.key = mailing, key
        self.digests: dict[str, str] = {}
        self.states: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.first: list[dict] = []
        self.event_ids = array("q")
        self.wording_ids: set[int] = set()
        self.head = ""

    def pieces(self) -> Iterator[bytes]:
        pipe = Pipe()
        with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, contents in self.entries():
                yield from self.written(archive, pipe, name, contents())
            manifest = json.dumps(self.manifest(), indent=2, ensure_ascii=False).encode()
            archive.writestr(MANIFEST, manifest)
            archive.writestr(SIGNATURE, base64.b64encode(self.key.sign(manifest)))
        yield pipe.take()

    def entries(self) -> list[tuple[str, Callable[[], Iterable[str]]]]:
        """In the order in which each needs what those before have seen."""
        return [
            ("recipients.jsonl", lambda: map(_line, self.recipients())),
            ("events.jsonl", lambda: map(_line, self.events())),
            ("wordings.jsonl", lambda: map(_line, self.wordings())),
            ("seals.jsonl", lambda: map(_line, self.seals())),
            ("message.html", lambda: [self.mailing.body]),
            ("proof.html", lambda: [self.page()]),
        ]

    def written(self, archive: zipfile.ZipFile, pipe: Pipe, name: str, contents: Iterable[str]) -> Iterator[bytes]:
        found = hashlib.sha256()
        with archive.open(name, "w", force_zip64=True) as entry:
            for text in contents:
                data = text.encode()
                found.update(data)
                entry.write(data)
                if len(pipe.waiting) > 65_536:
                    yield pipe.take()
        self.digests[name] = found.hexdigest()

    def recipients(self) -> Iterator[dict]:
        rows = self.mailing.recipients.select_related("person").order_by("person_id")
        for recipient in rows.iterator(chunk_size=ROWS):
            row = _recipient(recipient)
            self.states[row["state"]] += 1
            self.codes[row["code"]] += 1
            if recipient.event_id:
                self.event_ids.append(recipient.event_id)
            if len(self.first) < ON_THE_PAGE:
                self.first.append(
                    row | {"verdict": Code(recipient.code).label, "outcome": recipient.get_state_display()}
                )
            yield row

    def events(self) -> Iterator[dict]:
        with connection.cursor() as cursor:
            cursor.execute(SEALS_OF, [list(self.event_ids)])
            by_seal = cursor.fetchall()
        self.first_seal = by_seal[0][0] if by_seal else None
        for seal, wanted in by_seal:
            yield from self.events_of_seal(seal, set(wanted))

    def events_of_seal(self, seal: int, wanted: set[int]) -> Iterator[dict]:
        """The wanted events with their paths; the leaves of one seal are held at a time (100,000, or one act's)."""
        hashes: list[bytes] = []
        leaves: dict[int, list] = {}
        for fields in sealing.leaves(seal):
            if fields[EVENT] in wanted:
                leaves[len(hashes)] = fields
            hashes.append(merkle.leaf_hash(merkle.canonical(fields)))
        evidence = {one.event_id: one for one in Evidence.objects.filter(event__in=wanted)}
        for index, path in merkle.paths(hashes, leaves.keys()).items():
            fields = leaves[index]
            self.wording_ids.update([fields[WORDING]] if fields[WORDING] else [])
            where = {"seal": seal, "index": index, "leaves": len(hashes), "path": [node.hex() for node in path]}
            yield {"leaf": fields, **where, **_comment(evidence.get(fields[EVENT]))}

    def wordings(self) -> Iterator[dict]:
        for wording in Wording.objects.filter(pk__in=self.wording_ids).order_by("pk"):
            yield {"id": wording.pk, "texts": [getattr(wording, name) for name in Wording.TEXTS]}

    def seals(self) -> Iterator[dict]:
        """From the first one that is needed to the head, so that any head kept elsewhere since then is among them."""
        if self.first_seal is None:
            return
        for seal in Seal.objects.filter(number__gte=self.first_seal).order_by("number").iterator(chunk_size=ROWS):
            self.head = bytes(seal.hash).hex()
            facts = {"number": seal.number, "format": seal.format, "acts": seal.acts, "events": seal.events}
            hashes = {"previous": bytes(seal.previous).hex(), "root": bytes(seal.root).hex(), "hash": self.head}
            yield facts | hashes | {"sealed_at": sealing.moment(seal)}

    def totals(self) -> dict:
        return {"total": self.states.total(), "states": dict(self.states), "codes": dict(self.codes)}

    def manifest(self) -> dict:
        return {
            "format": FORMAT,
            "made_at": timezone.now().isoformat(),
            "mailing": _facts(self.mailing),
            "totals": self.totals(),
            "head": self.head,
            "public_key": public_key(self.key),
            "files": self.digests,
        }

    def page(self) -> str:
        codes = [(Code(code).label, number) for code, number in self.codes.most_common()]
        context = {"mailing": self.mailing, "totals": self.totals(), "codes": codes, "recipients": self.shown()}
        context |= {"head": self.head, "public_key": public_key(self.key), "made_at": timezone.now()}
        return render_to_string("mailings/proof.html", context)

    def shown(self) -> list[dict]:
        """The first recipients with the event each verdict rested on, in the names that its keys have today."""
        events = ConsentEvent.objects.select_related("purpose", "subscription_type", "basis_after", "source", "wording")
        found = events.in_bulk([row["event"] for row in self.first if row["event"]])
        return [row | {"rested_on": found.get(row["event"])} for row in self.first]


# By seal, so that each seal's leaves are hashed once.
SEALS_OF = """
SELECT s.seal_id, array_agg(DISTINCT e.id)
FROM persons_consentevent e JOIN persons_sealedact s ON s.act_id = e.act_id
WHERE e.id = ANY(%s) GROUP BY s.seal_id ORDER BY s.seal_id"""


def _line(facts: dict) -> str:
    return json.dumps(facts, ensure_ascii=False) + "\n"


def _recipient(recipient: Recipient) -> dict:
    """One recipient; of somebody erased nothing but the number is left."""
    person = recipient.person
    return {
        "person": recipient.person_id,
        "name": gettext("Erased person") if person.erased_at else person.full_name,
        "address": recipient.address,
        "state": recipient.state,
        "code": recipient.code,
        "event": recipient.event_id,
        "message_key": recipient.message_key.hex,
        "claimed_at": _micros(recipient.claimed_at),
        "answered_at": _micros(recipient.answered_at),
        "answer": recipient.answer,
    }


def _comment(evidence: Evidence | None) -> dict:
    """What stood beside the event, with the salt that its digest was made with; nothing where it was erased."""
    if evidence is None:
        return {"comment": "", "salt": "", "file": ""}
    return {"comment": evidence.comment, "salt": bytes(evidence.salt).hex(), "file": evidence.file_name}


def _facts(mailing: Mailing) -> dict:
    who = ("created_by", "started_by", "override_by")
    when = ("created_at", "built_at", "started_at", "finished_at", "override_at")
    what = ("id", "name", "subject", "from_email", "kind", "type_id", "purpose_id", "service_reason", "override_reason")
    return (
        {name: getattr(mailing, name) for name in what}
        | {name: str(getattr(mailing, name) or "") for name in who}
        | {name: _iso(getattr(mailing, name)) for name in when}
    )


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _micros(moment: datetime | None) -> int | None:
    return round(moment.timestamp() * 1_000_000) if moment else None
