"""A file into the staging tables, by COPY, as a stream: the memory does not grow with the file."""

import hashlib
import re
import unicodedata
from binascii import crc32
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, models
from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from persons.deciding import PROOF_LETTERS
from persons.importing.claims import Claim
from persons.importing.counting import Counts
from persons.importing.formats import Format, Row, by_hand, recognise
from persons.importing.labels import fold
from persons.importing.problems import NotAFile
from persons.importing.tables import open_table
from persons.importing.values import moment
from persons.models import Import, ImportRow, Operation, keyed_hash
from persons.models.importing import limit
from purposes.models import CONSENT, STORE, PrivacySettings, SubscriptionType

BUCKETS = 1 << 32
ROWS_IN_A_BATCH = 1_000  # half a second of locks: a withdrawal meanwhile waits no longer
ROWS_IN_A_COPY = 5_000

TEXTS = [
    "first_name", "last_name", "company", "title", "email", "phone", "mobile", "street", "postcode", "city", "country",
    "external_id",
]  # fmt: skip
ROW_COLUMNS = [
    "imported_by_id", "number", "bucket", *TEXTS, "system", "address", "address_hash",
    "no_mailings", "former_employee", "has_bounced", "bounced_at", "store_in_doubt",
]  # fmt: skip
ANSWER_COLUMNS = [
    "imported_by_id", "row_number", "bucket", "purpose_id", "type_id", "basis_id", "source_id", "given_at", "comment",
    "only_if_none",
]  # fmt: skip
LIMITS = {name: limit(name, ImportRow) for name in TEXTS}


# A row without an address belongs to the person with its id (rules 4.11): it joins the first row that tells of them.
GATHERED = """
    WITH first AS (
        SELECT DISTINCT ON (external_id) external_id, bucket FROM persons_importrow
        WHERE imported_by_id = %(import)s AND external_id IN (
            SELECT external_id FROM persons_importrow
            WHERE imported_by_id = %(import)s AND address IS NULL AND external_id <> '')
        ORDER BY external_id, address IS NULL, CASE WHEN address IS NOT NULL THEN bucket END, number),
    moved AS (
        UPDATE persons_importrow r SET bucket = first.bucket FROM first
        WHERE r.imported_by_id = %(import)s AND r.address IS NULL AND r.external_id = first.external_id
          AND r.bucket <> first.bucket
        RETURNING r.number, r.bucket)
    UPDATE persons_importanswer a SET bucket = moved.bucket FROM moved
    WHERE a.imported_by_id = %(import)s AND a.row_number = moved.number"""


class Known(models.TextChoices):
    """What the rows do to the facts of persons who are known; their answers are recorded either way."""

    EMPTY = "empty", _("Fill in what is empty")
    ALL = "all", _("Replace what the file says otherwise")
    SKIP = "skip", _("Leave them as they are")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What was chosen for the whole file: a basis fills only where nothing stands, a comment is proof for every row."""

    purpose: str = STORE
    basis: str = ""
    source: str = "IMPORT"
    comment: str = ""
    known: str = Known.EMPTY.value
    columns: dict[str, str] = field(default_factory=dict)  # chosen by hand: place in the row, from 0, and the field

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))

    def format_of(self, header: list[str], file_name: str) -> Format:
        """How a table with this header is read. Raises NotATable."""
        return by_hand(header, self.columns) if self.columns else recognise(header, file_name)


@dataclass
class Stage:
    """The import that is being staged, with what its rows have to be told."""

    imported: Import
    form: Format
    options: Options
    zone: ZoneInfo
    types: dict[str, str]  # key or folded name -> key
    counts: Counts = field(default_factory=Counts)
    new_types: dict[str, str] = field(default_factory=dict)  # key -> name


def digest_of(path: Path) -> bytes:
    """Raises NotAFile."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise NotAFile(error) from error


def stage(path: Path, options: Options, operation: Operation, name: str = "") -> Import:
    """Read the file into the staging tables. Raises NotATable; counts and problems are kept on the import."""
    table = open_table(path)
    form = options.format_of(table.header, name or path.name)
    imported = _import(path, form, options, operation, name)
    staged = Stage(imported, form, options, ZoneInfo(PrivacySettings.current().time_zone), _types())
    records = table.records()
    while chunk := list(islice(records, ROWS_IN_A_COPY)):
        _copy_chunk(staged, [form.read(record) for record in chunk])
    with connection.cursor() as cursor:
        cursor.execute(GATHERED, {"import": imported.pk})
    imported.counts = staged.counts.as_dict()
    imported.options |= {"new_types": staged.new_types}
    imported.batches = -(-staged.counts.rows // ROWS_IN_A_BATCH)
    imported.save()
    _analyse(is_small=staged.counts.rows <= ROWS_IN_A_COPY)
    return imported


def _analyse(*, is_small: bool) -> None:
    """Without statistics the planner takes a million rows for a handful.

    A dry run keeps the tables to itself for this until it is over; a small file does without rather than wait.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {'(SKIP_LOCKED)' if is_small else ''} persons_importrow, persons_importanswer")


def _import(path: Path, form: Format, options: Options, operation: Operation, name: str) -> Import:
    digest = digest_of(path)
    first = Import.objects.filter(digest=digest).aggregate(moment=Min("moment"))["moment"]
    return Import.objects.create(
        operation=operation,
        file_name=name or path.name,
        digest=digest,
        format=form.name,
        options=options.as_dict(),
        moment=first or timezone.now(),
    )


def _types() -> dict[str, str]:
    types = list(SubscriptionType.objects.all())
    return {fold(type.name): type.key for type in types} | {type.key: type.key for type in types}


def _copy_chunk(staged: Stage, rows: list[Row]) -> None:
    kept: list[list[Any]] = []
    answers: list[list[Any]] = []
    problems: list[tuple[int, int, str]] = []
    for row in rows:
        staged.counts.add(row)
        found = [problem.code for problem in row.problems]
        if not row.refused and _too_long(row):
            found.append("too_long")
        elif not row.refused:
            bucket = _bucket(row)
            kept.append(_row(staged, row, bucket))
            answers += _answers(staged, row, bucket, found)
        problems += [(staged.imported.pk, row.number, code) for code in dict.fromkeys(found)]
    _copy("persons_importrow", ROW_COLUMNS, kept)
    _copy("persons_importanswer", ANSWER_COLUMNS, answers)
    _copy("persons_importproblem", ["imported_by_id", "row_number", "code"], problems)


def _copy(table: str, columns: list[str], rows: Iterable[Iterable[Any]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _too_long(row: Row) -> bool:
    return any(len(getattr(row, name)) > limit for name, limit in LIMITS.items())


def _bucket(row: Row) -> int:
    """Rows that may concern one person get one number, so that they are decided in one transaction."""
    name = f"{row.first_name} {row.last_name}"
    who = row.address or (f"{name}|{row.company}" if name.strip() else row.email)
    return crc32(" ".join(unicodedata.normalize("NFC", who).lower().split()).encode())


def _row(staged: Stage, row: Row, bucket: int) -> list[Any]:
    return [
        staged.imported.pk,
        row.number,
        bucket,
        *(getattr(row, name) for name in TEXTS),
        row.system,
        row.address,
        keyed_hash(row.address) if row.address else None,
        row.no_mailings,
        row.former_employee,
        row.bounced,
        _moment(staged, row.bounced_at, stops=True),
        STORE in row.in_doubt,
    ]


def _answers(staged: Stage, row: Row, bucket: int, problems: list[str]) -> Iterator[list[Any]]:
    """What the row says, and what was chosen for the whole file where the row says nothing."""
    start = [staged.imported.pk, row.number, bucket]
    for claim in row.answers:
        type_id = _type(staged, claim) if claim.subscription else None
        if claim.subscription and not type_id:
            problems.append("unknown_label")
            continue
        source, comment = claim.source or staged.options.source, _comment(claim.comment, staged.options.comment)
        given = _moment(staged, claim.given, stops=claim.stops)
        yield [*start, claim.purpose or None, type_id, claim.basis, source, given, comment, False]
    options = staged.options
    spoken_of = row.in_doubt.union(claim.purpose for claim in row.answers)
    if options.basis and options.purpose not in spoken_of:
        yield [*start, options.purpose, None, options.basis, options.source, None, options.comment, True]


def _comment(own: str, of_file: str) -> str:
    """The row's own comment where it can be proof by itself, else with the one for the file (rules 4.7)."""
    if len(own.strip()) >= PROOF_LETTERS:
        return own.strip()
    return f"{own.strip()} {of_file.strip()}".strip()


def _moment(staged: Stage, given: Any, *, stops: bool) -> datetime | None:
    return moment(given, stops=stops, zone=staged.zone, now=staged.imported.moment)


def _type(staged: Stage, claim: Claim) -> str | None:
    """The key of a subscription type. One that a file ends is made if it is missing, one that it names is not."""
    name = claim.subscription
    known = staged.types.get(name) or staged.types.get(fold(name))
    if known or claim.basis == CONSENT:
        return known
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    key = re.sub(r"[^A-Z0-9]+", "_", plain).strip("_")[:40] or f"TYPE_{crc32(name.encode())}"
    if key in staged.types:
        key = f"{key[:29]}_{crc32(name.encode()):010d}"
    staged.types[fold(name)] = key
    staged.new_types[key] = name[:120]
    return key
