"""A file brought to the import page: kept, checked, imported by the worker, called off, and its copy removed."""

import csv
import io
import threading
from datetime import timedelta

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from persons import tasks
from persons.importing import applying, uploading
from persons.importing.applying import Cancelled, apply
from persons.importing.problems import NotATable
from persons.importing.staging import Options
from persons.models import Import, ImportRow, Operation, Person, Upload
from tests.factories import UserFactory

ROWS_OF_TWO_BATCHES = 1_001


def listed(rows=3, name="people.csv"):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["First name", "Last name", "E-mail", "Shoe size"])
    writer.writerows(["Kari", f"Nordmann {number}", f"kari{number}@example.com", 38] for number in range(rows))
    return ContentFile(text.getvalue().encode(), name)


def received(rows=3, **options):
    return uploading.receive(listed(rows), Options(**options), by=UserFactory())


def checked(rows=3, **options):
    upload = received(rows, **options)
    uploading.check_at_once(upload)
    return upload


def files():
    return default_storage.listdir("imports")[1] if default_storage.exists("imports") else []


@pytest.mark.django_db
def test_a_file_is_kept_under_a_name_that_says_nothing():
    upload = received()

    assert (upload.file_name, upload.format, upload.not_read) == ("people.csv", "plain", ["Shoe size"])
    assert files() == [upload.file.name.removeprefix("imports/")]
    assert "people" not in upload.file.name


@pytest.mark.django_db
def test_what_is_no_table_is_not_kept():
    with pytest.raises(NotATable, match="The file is empty"):
        uploading.receive(ContentFile(b"", "empty.csv"), Options(), by=UserFactory())

    assert (files(), Upload.objects.count()) == ([], 0)


@pytest.mark.django_db
def test_the_dry_run_is_kept_and_nothing_else():
    upload = checked()

    assert (upload.state, upload.found["created"], upload.found["rows"]) == (Upload.State.CHECKED, 3, 3)
    assert (Person.objects.count(), Operation.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_an_import_says_who_and_under_which_name_and_removes_the_file():
    upload = checked(source="WEBFORM")

    assert uploading.start(upload)
    uploading.run(upload)

    upload.refresh_from_db()
    imported = Import.objects.get()
    assert (upload.state, upload.imported, files()) == (Upload.State.DONE, imported, [])
    assert (imported.file_name, imported.created) == ("people.csv", 3)
    assert imported.operation.created_by == upload.created_by
    assert {act.user for act in imported.operation.acts.all()} == {upload.created_by}


@pytest.mark.django_db
def test_it_cannot_be_imported_twice_nor_before_it_is_checked():
    upload = received()

    assert not uploading.start(upload)
    uploading.check_at_once(upload)
    assert uploading.start(upload)
    assert not uploading.start(upload)


@pytest.mark.django_db
def test_a_step_run_again_after_the_worker_died_at_its_very_end_imports_nothing_again():
    upload = checked()
    uploading.start(upload)
    apply(
        uploading.Path(upload.file.path),
        Options(**upload.options),
        begun=lambda imported: uploading._begin(upload, 0, imported=imported),
    )

    uploading.run(Upload.objects.get())

    assert Upload.objects.get().state == Upload.State.DONE
    assert (Import.objects.count(), files()) == (1, [])


@pytest.mark.django_db
def test_what_is_called_off_between_two_batches_keeps_what_is_done():
    upload = checked(2_001)
    uploading.start(upload)
    asked = []

    def called_off_during_the_second():
        asked.append(1)
        if len(asked) == 2:
            uploading.cancel(Upload.objects.get())
        return False

    uploading.run(upload, stopped=called_off_during_the_second)

    upload.refresh_from_db()
    assert (upload.state, files()) == (Upload.State.CANCELLED, [])
    assert (Import.objects.get().batches, Import.objects.get().batches_done) == (3, 2)
    assert Person.objects.count() == Import.objects.get().created


@pytest.mark.django_db
def test_apply_tells_what_was_done_until_it_was_called_off(tmp_path):
    path = tmp_path / "people.csv"
    path.write_bytes(listed(ROWS_OF_TWO_BATCHES).read())

    def once(done, total):
        if done:
            raise Cancelled

    result = apply(path, Options(), progress=once)

    assert 0 < result.created < ROWS_OF_TWO_BATCHES
    assert Person.objects.count() == result.created
    assert Operation.objects.get().state == Operation.State.CANCELLED
    assert ImportRow.objects.count() == 0


@pytest.mark.django_db
def test_what_is_called_off_before_it_is_imported_goes_at_once():
    upload = checked()

    assert uploading.cancel(upload)
    assert not uploading.cancel(upload)

    upload.refresh_from_db()
    assert (upload.state, files(), Import.objects.count()) == (Upload.State.CANCELLED, [], 0)


@pytest.mark.django_db
def test_an_import_whose_worker_died_is_closed_when_it_was_called_off_since():
    upload = checked(ROWS_OF_TWO_BATCHES)
    uploading.start(upload)
    with pytest.raises(uploading.Interrupted):
        uploading.run(upload, stopped=lambda: True)
    assert ImportRow.objects.count() == ROWS_OF_TWO_BATCHES

    uploading.cancel(upload)
    uploading.clear_away(upload)

    assert Operation.objects.get().state == Operation.State.CANCELLED
    assert (ImportRow.objects.count(), files()) == (0, [])


@pytest.mark.django_db
def test_an_interrupted_import_goes_on_where_it_stood():
    upload = checked(ROWS_OF_TWO_BATCHES)
    uploading.start(upload)
    stops = iter([False, True])
    with pytest.raises(uploading.Interrupted):
        uploading.run(upload, stopped=lambda: next(stops))
    assert Import.objects.get().batches_done == 1

    uploading.run(upload)

    assert (Import.objects.count(), Person.objects.count()) == (1, ROWS_OF_TWO_BATCHES)
    assert Upload.objects.get().state == Upload.State.DONE


@pytest.mark.django_db
def test_files_that_nobody_came_back_for_are_removed():
    old, new = checked(), checked()
    Upload.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=8))

    assert uploading.forget(before=timezone.now() - timedelta(days=7)) == 1

    old.refresh_from_db()
    assert (old.state, len(files())) == (Upload.State.CANCELLED, 1)
    assert default_storage.exists(new.file.name)


def test_the_dry_run_of_the_worker_can_be_watched_and_called_off(own_database):
    upload = received(ROWS_OF_TWO_BATCHES)
    seen = []

    def watched():
        seen.append(Upload.objects.values_list("done", "total").get())
        if len(seen) == 2:
            with psycopg.connect(own_database) as other:
                other.execute("UPDATE persons_upload SET state = 'cancelled'")
        return False

    uploading.check(upload, stopped=watched)

    assert seen == [(0, 2), (1, 2)]
    assert Upload.objects.get().state == Upload.State.CANCELLED
    assert (files(), Person.objects.count(), Operation.objects.count()) == ([], 0, 0)


def test_the_dry_run_of_the_worker_finds_what_the_one_at_once_finds(own_database):
    upload, other = received(source="CHAT"), checked(source="CHAT")

    uploading.check(upload)

    assert upload.found == other.found
    assert upload.state == Upload.State.CHECKED


def work_off():
    """Let a worker do what is queued now."""
    with app.replace_connector(app.connector.get_worker_connector()) as worker, worker.open():
        worker.run_worker(queues=[tasks.IMPORTS], wait=False, install_signal_handlers=False)


def test_the_worker_checks_and_imports(own_database):
    upload = received()
    tasks.put_to_work(upload)
    work_off()
    assert Upload.objects.get().state == Upload.State.CHECKED

    uploading.start(upload)
    tasks.put_to_work(upload)
    work_off()

    assert Upload.objects.get().state == Upload.State.DONE
    assert (Person.objects.count(), files()) == (3, [])


def test_an_import_waits_while_another_one_is_under_way(own_database):
    upload = checked()
    uploading.start(upload)
    tasks.put_to_work(upload)
    with psycopg.connect(own_database) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [applying.IMPORTER_LOCK])

        work_off()

    job = ProcrastinateJob.objects.get(status="todo", task_name="persons.tasks.go_on_with")
    assert (job.args, job.queue_name, job.lock) == ({"upload": upload.pk}, tasks.IMPORTS, tasks.ONE_AT_A_TIME)
    assert job.scheduled_at > timezone.now()
    assert Upload.objects.get().state == Upload.State.IMPORTING


def test_the_worker_takes_away_what_was_called_off_before_its_turn(own_database):
    upload = checked()
    uploading.start(upload)
    tasks.put_to_work(upload)
    uploading.cancel(upload)

    work_off()

    assert (Upload.objects.get().state, files(), Person.objects.count()) == (Upload.State.CANCELLED, [], 0)


def test_a_small_file_is_checked_while_the_dry_run_of_a_big_one_is_under_way(own_database):
    big, small = received(6_000), received()
    staged, done = threading.Event(), threading.Event()

    def held():
        staged.set()
        done.wait(20)
        return False

    worker = threading.Thread(target=lambda: (uploading.check(big, stopped=held), applying.connection.close()))
    worker.start()
    staged.wait(20)
    uploading.check_at_once(small)
    was_waited_for = done.is_set()
    done.set()
    worker.join()

    assert (small.found["created"], was_waited_for) == (3, False)
