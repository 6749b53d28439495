"""A file brought to the import page, on its way: received, checked by a dry run, imported, its copy removed.

Every step moves the upload on by a conditional update, so that it is safe to run twice and to call off at any moment.
What is called off while it is at work ends between two batches.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import connection
from django.db.models.functions import Now

from persons import strays
from persons.importing.applying import Busy, Cancelled, apply, close, dry_run
from persons.importing.formats import recognise
from persons.importing.problems import NobodyInIt, NotATable
from persons.importing.staging import Options
from persons.importing.tables import open_table
from persons.models import Operation, Upload

ROWS_CHECKED_AT_ONCE = 3_000  # a second and a half; more is the worker's

ROWS_SHOWN = 10

State = Upload.State
WAITING = (State.CHECKED, State.COLUMNS)  # for what somebody decides


class Interrupted(Exception):
    """The worker is told to stop: the work goes on later, where it stood."""


def receive(file: File, options: Options, *, by: Any) -> Upload:
    """Keep a file that can be read as a table of persons. Raises NotATable, and then nothing is kept."""
    upload = Upload(file_name=(file.name or "")[-255:], options=options.as_dict(), created_by=by)
    upload.file.save("", file, save=False)
    try:
        table = open_table(upload.file.path)
        try:
            form = recognise(table.header, upload.file_name)
        except NobodyInIt:
            upload.format, upload.state = "plain", State.COLUMNS
        else:
            upload.format, upload.not_read = form.name, list(form.not_read)
        upload.save()
    except BaseException:
        upload.file.delete(save=False)
        raise
    return upload


def is_small(upload: Upload) -> bool:
    """Whether the dry run is over before anybody would want to leave the page."""
    records = open_table(upload.file.path).records()
    return sum(1 for _record in islice(records, ROWS_CHECKED_AT_ONCE + 1)) <= ROWS_CHECKED_AT_ONCE


def check(upload: Upload, *, stopped: Callable[[], bool] = lambda: False) -> None:
    """Keep what the dry run found. Raises Interrupted.

    The dry run is one transaction that nobody sees into, so how far it is gets written over a second connection.
    """
    with ThreadPoolExecutor(1) as aside:
        try:
            aside.submit(_begin, upload, 0).result()
            result = dry_run(
                Path(upload.file.path),
                Options(**upload.options),
                name=upload.file_name,
                progress=lambda done, total: aside.submit(_go_on, upload, stopped, done, total).result(),
            )
            _moves(upload, State.CHECKING, State.CHECKED, found=result.as_dict())
        except NotATable as error:
            fail(upload, str(error))
        except Cancelled:
            pass
        finally:
            aside.submit(lambda: connection.close()).result()
    clear_away(upload)


def check_at_once(upload: Upload) -> None:
    """The dry run of a small file, while the user waits."""
    try:
        found = dry_run(Path(upload.file.path), Options(**upload.options), name=upload.file_name).as_dict()
    except NotATable as error:
        fail(upload, str(error))
    else:
        _moves(upload, State.CHECKING, State.CHECKED, found=found)


def recheck(upload: Upload, options: Options) -> bool:
    """Back to the dry run with other options; False when it is too late for that."""
    facts: dict[str, Any] = {"options": options.as_dict(), "found": None, "done": 0, "total": 0}
    if options.columns:
        header = open_table(upload.file.path).header
        facts["not_read"] = list(options.format_of(header, upload.file_name).not_read)
    return any(_moves(upload, state, State.CHECKING, **facts) for state in WAITING)


def known_columns(upload: Upload, header: list[str]) -> dict[str, str]:
    """What is known of the columns by their names: the place of each, from 0, as text, with its field."""
    try:
        form = recognise(header, upload.file_name)
    except NotATable:
        return {}
    return {str(place): field for field, place in form.columns.items()}


def first_rows(upload: Upload) -> tuple[list[str], list[list[str]]]:
    """The names of the columns, and the first rows as they stand in the file."""
    table = open_table(upload.file.path)
    return table.header, [list(record.cells) for record in islice(table.records(), ROWS_SHOWN)]


def start(upload: Upload) -> bool:
    """Let the worker import it; False when it is not waiting for that."""
    return _moves(upload, State.CHECKED, State.IMPORTING, done=0, total=0, begun_at=None)


def run(upload: Upload, *, stopped: Callable[[], bool] = lambda: False) -> None:
    """Import the file, or go on with it. Raises Busy, and Interrupted."""
    if not _is_over(upload):
        try:
            apply(
                Path(upload.file.path),
                Options(**upload.options),
                user=upload.created_by,
                name=upload.file_name,
                progress=lambda done, total: _go_on(upload, stopped, done, total),
                begun=lambda imported: _begin(upload, imported.batches_done, imported=imported),
            )
        except Busy:
            raise
        except NotATable as error:
            fail(upload, str(error))
    _moves(upload, State.IMPORTING, State.DONE)
    clear_away(upload)


def cancel(upload: Upload) -> bool:
    """Call it off; False when it is over already. A worker that is at it ends after the batch that it is at."""
    at_work = Upload.objects.filter(pk=upload.pk).under_way()
    if at_work.update(state=State.CANCELLED):
        return True
    if any(_moves(upload, state, State.CANCELLED) for state in WAITING):
        clear_away(upload)
        return True
    return False


def fail(upload: Upload, why: str) -> None:
    """It cannot be imported, for the reason given."""
    Upload.objects.filter(pk=upload.pk).under_way().update(state=State.FAILED, failure=why)
    clear_away(upload)


def clear_away(upload: Upload) -> None:
    """Of an upload that is over: close its import, where one is left open, and remove the file."""
    upload.refresh_from_db()
    if upload.is_under_way or upload.state in WAITING:
        return
    if upload.imported and not _is_over(upload):
        close(upload.imported, Operation.State.CANCELLED)
    upload.file.delete(save=False)
    Upload.objects.filter(pk=upload.pk).update(file="")


def forget(*, before: datetime) -> int:
    """Remove the files that nobody came back for since, and what a crash has left; how many."""
    Upload.objects.waiting().filter(created_at__lt=before).update(state=State.CANCELLED)
    over = Upload.objects.exclude(file="").filter(state__in=[State.DONE, State.CANCELLED, State.FAILED])
    forgotten = list(over)
    for upload in forgotten:
        clear_away(upload)
    return len(forgotten) + strays.remove("imports", Upload.objects.all(), before=before)


def _begin(upload: Upload, done: int, **facts: Any) -> None:
    upload.imported = facts.get("imported", upload.imported)
    Upload.objects.filter(pk=upload.pk).update(begun_at=Now(), begun_with=done, done=done, **facts)


def _go_on(upload: Upload, stopped: Callable[[], bool], done: int, total: int) -> None:
    """Say how far it is. Raises Cancelled when somebody has called it off, and Interrupted when the worker must go."""
    if not Upload.objects.filter(pk=upload.pk).under_way().update(done=done, total=total):
        raise Cancelled
    if stopped():
        raise Interrupted


def _is_over(upload: Upload) -> bool:
    """Whether its import was finished or called off, perhaps by a worker that died before it could say so."""
    left = Operation.objects.unfinished()
    return bool(upload.imported_id) and not left.filter(pk=upload.imported_id).exists()


def _moves(upload: Upload, before: str, after: str, **facts: Any) -> bool:
    """From one state to the next; False when it was not in the first."""
    moved = Upload.objects.filter(pk=upload.pk, state=before).update(state=after, **facts)
    upload.refresh_from_db()
    return bool(moved)
