"""Two writers at once on the same persons (rules 4.1)."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from persons import ledger
from persons.ledger import Answer, Outcome, Recorder
from persons.models import Act, Consent, Door, LinkToken
from tests.factories import PersonFactory

pytestmark = pytest.mark.database

TODAY = datetime.now(UTC)


def answer(person, basis: str, day: int) -> Answer:
    return Answer(
        person_id=person.pk,
        purpose_id="EMARKETING",
        basis_id=basis,
        source_id="IMPORT",
        given_at=TODAY + timedelta(days=day - 100),
        comment="Said so at the fair.",
    )


class Writer(threading.Thread):
    """Somebody else, with a connection of their own."""

    def __init__(self, *answers: Answer):
        super().__init__()
        self.answers, self.outcomes = answers, []

    def run(self):
        written = ledger.record_many(self.answers, by=Recorder(door=Door.IMPORT))
        self.outcomes = [each.outcome for each in written]
        connection.close()


def wait_until_somebody_waits():
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("Nobody waited.")


def an_import_meets_a_stop_that_is_not_committed_yet(person) -> list[Outcome]:
    imported = Writer(answer(person, "61A", 10))
    with transaction.atomic():
        ledger.record(answer(person, "WITHDRAWN", 20), by=Recorder(door=Door.LINK))
        imported.start()
        wait_until_somebody_waits()
    imported.join(10)
    return imported.outcomes


def test_who_writes_second_meets_the_stop_that_was_written_first(own_database):
    kari = PersonFactory()

    assert an_import_meets_a_stop_that_is_not_committed_yet(kari) == [Outcome.LATE]
    assert Consent.objects.get(person=kari).basis_id == "WITHDRAWN"


def test_without_the_lock_the_stop_is_lost(own_database, monkeypatch):
    """The control: what the lock is there for."""
    monkeypatch.setattr(ledger, "lock", lambda person_ids: None)
    kari = PersonFactory()

    assert an_import_meets_a_stop_that_is_not_committed_yet(kari) == [Outcome.RECORDED]
    assert Consent.objects.get(person=kari).basis_id == "61A"


def test_writers_over_the_same_persons_in_opposite_order_all_finish(own_database):
    persons = PersonFactory.create_batch(40)
    writers = [
        Writer(*(answer(person, "WITHDRAWN", day) for person in those))
        for day, those in enumerate([persons, persons[::-1]] * 3)
    ]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(20)

    assert [len(writer.outcomes) for writer in writers] == [40] * 6
    assert Consent.objects.filter(given_at=answer(persons[0], "WITHDRAWN", 5).given_at).count() == 40
    assert Act.objects.count() <= 6


def test_the_answer_of_one_person_does_not_wait_for_that_of_another(own_database):
    kari, ola = PersonFactory.create_batch(2)
    other = Writer(answer(ola, "WITHDRAWN", 20))

    with transaction.atomic():
        ledger.record(answer(kari, "WITHDRAWN", 20), by=Recorder(door=Door.LINK))
        other.start()
        other.join(10)

        assert other.outcomes == [Outcome.RECORDED]


def test_who_only_refers_to_a_person_does_not_wait(own_database):
    kari = PersonFactory()

    def make_a_link():
        LinkToken.objects.create(person=kari, token_hash=b"x" * 32)
        connection.close()

    with transaction.atomic():
        ledger.record(answer(kari, "WITHDRAWN", 20), by=Recorder(door=Door.LINK))
        linking = threading.Thread(target=make_a_link)
        linking.start()
        linking.join(10)

        assert LinkToken.objects.count() == 1
