"""Apply a file: an operation of many acts, batch by batch, each in a transaction of its own.

A killed import goes on where it stood when the same file is imported again; one that is called off, between two
batches, keeps what is done. A dry run does exactly the same and takes everything back: one transaction that is never
committed, each batch in a savepoint, so that its locks are let go.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from persons import singles
from persons.deciding import COLUMNS
from persons.importing.matching import add_facts, assign_persons, unassignable, wait_for_the_batch
from persons.importing.problems import NotATable
from persons.importing.staging import BUCKETS, Known, Options, digest_of, stage
from persons.ledger import Outcome, Recorder, Written, record_rows, renew_statistics
from persons.models import Door, Import, ImportAnswer, ImportProblem, ImportRow, Operation
from purposes.models import STORE, PrivacySettings, SubscriptionType

IMPORTER_LOCK = 7_421_003  # advisory, for the session: who holds it may take up what a dead importer left
COUNTED = ("created", "updated", "recorded", "same", "late")

Progress = Callable[[int, int], None]  # may raise Cancelled, or anything else to stop for now


class Busy(NotATable):
    """Another import is under way; this one can begin when that one is done."""


class Cancelled(Exception):
    """Somebody called the work off: what is done stays."""


@dataclass
class Result:
    """What the import did, or would do. `refused`: row numbers by code, one row may stand under several."""

    counts: dict[str, int]
    created: int = 0
    updated: int = 0
    recorded: int = 0
    same: int = 0
    late: int = 0
    refused: dict[str, list[int]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        names = ("rows", "valid", "invalid", "without_address", "duplicates", "stops", "bounced")
        return {name: self.counts[name] for name in names} | {
            "created": self.created,
            "updated": self.updated,
            "recorded": self.recorded,
            "same": self.same,
            "late": self.late,
            "refused": self.refused,
        }


@dataclass
class _Batch:
    """What one batch came to. `persons`: who was created, and who was updated, by the word for it."""

    created: int
    updated: int
    recorded: int
    same: int
    late: int
    problems: list[tuple[int, str]]
    persons: dict[str, list[int]]


def apply(
    path: Path,
    options: Options,
    *,
    user: Any = None,
    name: str = "",
    progress: Progress = lambda done, total: None,
    begun: Callable[[Import], None] = lambda imported: None,
) -> Result:
    """Import the file, or go on with an import of it that was killed. Raises NotATable, and then nothing was done.

    `name` is what the user calls the file; `progress` is told before each batch how many are done; `begun` is told
    under which import it goes. When `progress` raises Cancelled the result says what was done until then.
    """
    with _alone():
        imported = _unfinished(path, options) or _staged(path, options, user, name)
        begun(imported)
        try:
            for number in range(imported.batches_done, imported.batches):
                progress(number, imported.batches)
                with transaction.atomic():
                    batch = _apply_batch(imported, number)
                    _keep(imported, batch)
                    _keep_persons(imported, batch)
                if number.bit_count() == 1:
                    renew_statistics()
        except Cancelled:
            close(imported, Operation.State.CANCELLED)
        else:
            close(imported, Operation.State.DONE)
        return result_of(imported)


def dry_run(path: Path, options: Options, *, name: str = "", progress: Progress = lambda done, total: None) -> Result:
    """What `apply` would do now, without doing it. Raises NotATable, and whatever `progress` raises."""
    with transaction.atomic():
        imported = _staged(path, options, None, name)
        for number in range(imported.batches):
            progress(number, imported.batches)
            with transaction.atomic():
                batch = _apply_batch(imported, number)
                transaction.set_rollback(True)
            _keep(imported, batch)
        result = result_of(imported)
        transaction.set_rollback(True)
    return result


def close(imported: Import, state: Operation.State) -> None:
    """Close the operation and drop the staged rows: from here on the persons and the ledger say it.

    A batch that is under way ends first.
    """
    with transaction.atomic():
        wait_for_the_batch()
        ImportRow.objects.filter(imported_by=imported)._raw_delete(connection.alias)
        ImportAnswer.objects.filter(imported_by=imported)._raw_delete(connection.alias)
        counts = {"created": imported.created, "updated": imported.updated}
        Operation.objects.filter(pk=imported.pk).update(state=state, finished_at=timezone.now(), counts=counts)


def result_of(imported: Import) -> Result:
    """What an import has come to so far."""
    refused: dict[str, list[int]] = defaultdict(list)
    problems = ImportProblem.objects.filter(imported_by=imported).order_by("code", "row_number")
    for code, number in problems.values_list("code", "row_number").distinct():
        refused[code].append(number)
    counts = {name: getattr(imported, name) for name in COUNTED}
    return Result(imported.counts, **counts, refused=dict(refused))


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [IMPORTER_LOCK])
        if not cursor.fetchone()[0]:
            raise Busy(_("Another import is under way. Wait until it is done, then start this one."))
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [IMPORTER_LOCK])


def _unfinished(path: Path, options: Options) -> Import | None:
    """An import of the same file with the same options that was killed half-way."""
    left = Import.objects.filter(operation__in=Operation.objects.unfinished(), digest=digest_of(path))
    return left.filter(options__contains=options.as_dict()).first()


def _staged(path: Path, options: Options, user: Any, name: str) -> Import:
    with transaction.atomic():
        operation = Operation.objects.create(kind=Operation.Kind.IMPORT, state=Operation.State.RUNNING, created_by=user)
        imported = stage(path, options, operation, name)
        operation.total = imported.batches
        operation.save()
    return imported


def _keep(imported: Import, batch: _Batch) -> None:
    """Add up, in the transaction of the batch: what is counted is done, and the other way round."""
    problems = [ImportProblem(imported_by=imported, row_number=row, code=code) for row, code in batch.problems]
    ImportProblem.objects.bulk_create(problems)
    Operation.objects.filter(pk=imported.pk).update(done=F("done") + 1)
    for name in COUNTED:
        setattr(imported, name, getattr(imported, name) + getattr(batch, name))
    imported.batches_done += 1
    imported.save()


def _keep_persons(imported: Import, batch: _Batch) -> None:
    """Whom the import created and whom it updated, so that its numbers lead to them."""
    with connection.cursor() as cursor:
        for outcome, ids in batch.persons.items():
            cursor.execute(
                """INSERT INTO persons_operationperson (operation_id, person_id, outcome, is_done)
                   SELECT %s, id, %s, true FROM unnest(%s::bigint[]) AS changed (id) ON CONFLICT DO NOTHING""",
                [imported.pk, outcome, ids],
            )


# ---- one batch

BATCH = "a.imported_by_id = %(import)s AND a.bucket >= %(low)s AND a.bucket < %(high)s"

OWN_ANSWERS = f"""
    UPDATE persons_importanswer a SET person_id = r.person_id FROM persons_importrow r
    WHERE {BATCH} AND r.imported_by_id = a.imported_by_id AND r.number = a.row_number"""

# A stop also applies to all others with the address, whether or not the row itself found its person.
STOPS_OF_OTHERS = f"""
    INSERT INTO persons_importanswer (imported_by_id, row_number, bucket, person_id, is_derived, purpose_id, type_id,
                                      basis_id, source_id, given_at, comment, only_if_none)
    SELECT a.imported_by_id, a.row_number, a.bucket, p.id, true, a.purpose_id, a.type_id,
           a.basis_id, a.source_id, a.given_at, a.comment, false
    FROM persons_importanswer a
    JOIN purposes_legalbasis b ON b.key = a.basis_id AND NOT b.allows
    JOIN persons_importrow r ON r.imported_by_id = a.imported_by_id AND r.number = a.row_number
    JOIN persons_person p ON p.address = r.address AND p.id IS DISTINCT FROM a.person_id
    WHERE {BATCH}"""

# Set default legal basis, for new persons of whom no row says anything about Sales and service, be it in words that
# nobody understands (rules 4.8).
DEFAULTS_OF_THE_NEW = f"""
    INSERT INTO persons_importanswer (imported_by_id, row_number, bucket, person_id, is_derived, purpose_id, type_id,
                                      basis_id, source_id, given_at, comment, only_if_none)
    SELECT DISTINCT ON (a.person_id) a.imported_by_id, a.number, a.bucket, a.person_id, true, %(store)s, NULL,
           %(default)s, %(source)s, NULL, '', true
    FROM persons_importrow a JOIN unnest(%(created)s::bigint[]) AS new (id) ON new.id = a.person_id
    WHERE {BATCH} AND new.id NOT IN (
        SELECT a.person_id FROM persons_importanswer a
        WHERE {BATCH} AND a.purpose_id = %(store)s AND a.person_id IS NOT NULL)
      AND new.id NOT IN (
        SELECT a.person_id FROM persons_importrow a
        WHERE {BATCH} AND a.store_in_doubt AND a.person_id IS NOT NULL)
    ORDER BY a.person_id, a.number"""

FOR_THE_LEDGER = {
    "number": "a.id",
    "valid_until": "NULL::timestamptz",
    "wording_id": "NULL::bigint",
    "wording_digest": "NULL::bytea",
    "file_hash": "NULL::bytea",
    "file": "''",
    "file_name": "''",
}
ANSWERS = "SELECT {columns} FROM persons_importanswer a WHERE {batch} AND a.person_id IS NOT NULL".format(
    columns=", ".join(f"{FOR_THE_LEDGER.get(name, 'a.' + name)} AS {name}" for name in COLUMNS), batch=BATCH
)


def _apply_batch(imported: Import, number: int) -> _Batch:
    batch = {
        "import": imported.pk,
        "low": BUCKETS * number // imported.batches,
        "high": BUCKETS * (number + 1) // imported.batches,
        "moment": imported.moment,
        "known": imported.options.get("known", Known.EMPTY),
    }
    created = assign_persons(batch)
    changed = add_facts(batch, created)
    problems = unassignable(batch)
    _add_answers(imported, batch, created)
    by = Recorder(
        door=Door.IMPORT, user=imported.operation.created_by, operation=imported.operation, moment=imported.moment
    )
    written = record_rows(ANSWERS, batch, by=by)
    singles.tell(created)
    answers = {answer.pk: answer for answer in _answers_of(batch)}
    changed |= {answers[row.number].person_id for row in written if row.outcome == Outcome.RECORDED}
    own = [(answers[row.number], row) for row in written if not answers[row.number].is_derived]
    return _Batch(
        created=len(created),
        updated=len(changed - set(created)),
        persons={"created": created, "updated": list(changed - set(created))},
        recorded=_count(own, Outcome.RECORDED),
        same=_count(own, Outcome.SAME, Outcome.KEPT),
        late=_count(own, Outcome.LATE),
        problems=problems + [(answer.row_number, row.outcome) for answer, row in own if row.outcome.is_refusal],
    )


def _add_answers(imported: Import, batch: dict[str, Any], created: list[int]) -> None:
    settings = PrivacySettings.current()
    defaults = {
        "store": STORE,
        "default": settings.default_basis_id,
        "source": imported.options["source"],
        "created": created,
    }
    with connection.cursor() as cursor:
        cursor.execute(OWN_ANSWERS, batch)
        cursor.execute(STOPS_OF_OTHERS, batch)
        if settings.set_default_basis:
            cursor.execute(DEFAULTS_OF_THE_NEW, batch | defaults)
    for key, name in imported.options["new_types"].items():
        SubscriptionType.objects.get_or_create(key=key, defaults={"name": name, "position": 1000, "is_public": False})


def _answers_of(batch: dict[str, Any]) -> Any:
    answers = ImportAnswer.objects.filter(
        imported_by=batch["import"], bucket__gte=batch["low"], bucket__lt=batch["high"]
    )
    return answers.only("row_number", "person_id", "is_derived")


def _count(own: list[tuple[ImportAnswer, Written]], *outcomes: Outcome) -> int:
    return sum(row.outcome in outcomes for _, row in own)
