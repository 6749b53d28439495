"""What happens to an import while it runs: withdrawals meanwhile, kills, and a second one beside it."""

import csv
import json
import os
import subprocess
import sys
import threading
import time

import psycopg
import pytest
from django.db import connection, transaction

from persons import ledger
from persons.importing import matching
from persons.importing.applying import apply
from persons.importing.problems import NotATable
from persons.importing.staging import Options
from persons.ledger import Answer, Recorder, record
from persons.models import Act, Consent, ConsentEvent, Door, Import, ImportRow, Operation, Person
from persons.sealing import verify
from persons.verdict import Code, explain
from tests.factories import PersonFactory

pytestmark = pytest.mark.database

SAID = Options(comment="Said so at the trade fair.")
OPTIONS = ["--json", "--comment", SAID.comment]


def _list(path, rows):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["First name", "Last name", "E-mail", "Newsletter", "Opted in on"])
        for number in range(rows):
            writer.writerow(["Kari", f"Nordmann {number}", f"kari{number}@example.com", "yes", "2024-05-01"])
    return path


def _withdraw(person):
    answer = Answer(person_id=person.pk, purpose_id="EMARKETING", basis_id="WITHDRAWN", source_id="EMAIL")
    return record(answer, by=Recorder(door=Door.ONE_CLICK))


def _import_while_a_withdrawal_is_not_yet_committed(path, database):
    """The import begins after the withdrawal was written, and before it is committed."""
    importer = threading.Thread(target=lambda: (apply(path, SAID), connection.close()))
    with transaction.atomic():
        _withdraw(Person.objects.get())
        importer.start()
        _wait_until_somebody_waits(database)
    importer.join()


def _wait_until_somebody_waits(database):
    with psycopg.connect(database, autocommit=True) as watcher:
        for _ in range(200):
            waiting = watcher.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()[0]
            if waiting:
                return
            time.sleep(0.05)
    pytest.fail("Nobody waits: the two writers did not meet.")


@pytest.fixture
def one_person(own_database):
    return PersonFactory(first_name="Kari", last_name="Nordmann 0", email="kari0@example.com")


def test_a_withdrawal_during_an_import_stands(own_database, one_person, tmp_path):
    _import_while_a_withdrawal_is_not_yet_committed(_list(tmp_path / "list.csv", 1), own_database)

    assert explain(one_person).code == Code.WITHDRAWN


def test_control_without_the_lock_the_import_undoes_the_withdrawal(own_database, one_person, tmp_path, monkeypatch):
    monkeypatch.setattr(ledger, "lock", lambda ids: None)
    monkeypatch.setattr(matching, "LOCKED", "SELECT 1")

    _import_while_a_withdrawal_is_not_yet_committed(_list(tmp_path / "list.csv", 1), own_database)

    assert explain(one_person).code == Code.CONSENT


def test_a_second_import_at_the_same_time_is_told_to_wait(own_database, tmp_path):
    with psycopg.connect(own_database) as other:
        other.execute("SELECT pg_advisory_lock(7421003)")

        with pytest.raises(NotATable, match="Another import is under way"):
            apply(_list(tmp_path / "list.csv", 1), SAID)


def _start_import(path, database):
    return subprocess.Popen(
        [sys.executable, "manage.py", "import_persons", str(path), *OPTIONS],
        env=os.environ | {"DATABASE_URL": database},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.slow
def test_withdrawals_during_an_import_of_100_000_rows_answer_within_a_second_and_stand(own_database, tmp_path):
    path = _list(tmp_path / "list.csv", 100_000)
    persons = [
        PersonFactory(first_name="Kari", last_name=f"Nordmann {number}", email=f"kari{number}@example.com")
        for number in range(0, 100_000, 2_500)
    ]
    waits = []
    with _start_import(path, own_database) as importer:
        while not Import.objects.filter(batches_done__gt=0).exists():
            assert importer.poll() is None
            time.sleep(0.05)
        for person in persons:
            start = time.monotonic()
            _withdraw(person)
            waits.append(time.monotonic() - start)
        assert importer.poll() is None, "the import was over before the withdrawals were"
        output, _ = importer.communicate()

    assert json.loads(output)["created"] == 100_000 - len(persons)
    assert max(waits) < 1, waits
    assert {explain(person).code for person in persons} == {Code.WITHDRAWN}
    assert verify().ok


@pytest.mark.slow
def test_an_import_killed_at_any_moment_goes_on_where_it_stood(own_database, tmp_path):
    path = _list(tmp_path / "list.csv", 20_000)
    for batches in (0, 1, 3, 6):
        with _start_import(path, own_database) as importer:
            while not Import.objects.filter(batches_done__gte=batches).exists():
                assert importer.poll() is None
                time.sleep(0.02)
            importer.kill()
        _wait_until_it_is_gone(own_database)

    result = apply(path, SAID)

    assert (result.created, result.refused, Person.objects.count()) == (20_000, {}, 20_000)
    assert Consent.objects.filter(purpose="EMARKETING", basis="61A").count() == 20_000
    assert ConsentEvent.objects.count() == 40_000, "Consent to E-marketing, and the default basis: nothing twice"
    assert (Import.objects.count(), Operation.objects.get().state) == (1, Operation.State.DONE)
    assert Act.objects.count() == Import.objects.get().batches
    assert ImportRow.objects.count() == 0


def _wait_until_it_is_gone(database):
    with psycopg.connect(database, autocommit=True) as watcher:
        while watcher.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone()[0]:
            time.sleep(0.05)
