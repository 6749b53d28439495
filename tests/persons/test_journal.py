"""The journal of stops and erasures, and what is done with it after a restore (rules 5.6)."""

import json

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from persons import checks, journal, leaving, replaying, sealing, undoing
from persons.ledger import Answer, Recorder, record, record_many
from persons.models import ConsentEvent, Door, HashSecret, Suppression
from tests.factories import PersonFactory, UserFactory

pytestmark = pytest.mark.django_db

BY_LINK = Recorder(door=Door.LINK)


@pytest.fixture
def kept(settings, tmp_path):
    settings.SUPPRESSION_JOURNAL = str(tmp_path / "stops.journal")
    return tmp_path / "stops.journal"


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def forgotten(committed):
    """What is done inside is committed, and then not there: the database is restored to what it was before."""

    class Forgotten:
        def __enter__(self):
            self.before = transaction.savepoint()
            self.commits = committed()
            self.commits.__enter__()

        def __exit__(self, *failure):
            self.commits.__exit__(*failure)
            transaction.savepoint_rollback(self.before)

    return Forgotten


def answer(person, basis="WITHDRAWN", **about):
    about = about or {"purpose_id": "EMARKETING"}
    return Answer(person_id=person.pk, basis_id=basis, source_id="EMAIL", comment="Said so on the phone", **about)


def lines(path):
    return [json.loads(text) for text in path.read_text().splitlines()]


def sealed():
    """Some seal that the journal has noted."""
    record(answer(PersonFactory(), "61A"), by=Recorder(door=Door.PAGE))
    sealing.seal()


def test_a_stop_is_on_the_disk_once_it_is_committed_and_names_nobody(kept, committed):
    person = PersonFactory(email="kari@example.com")

    with committed():
        record(answer(person), by=BY_LINK)
        assert not kept.exists()

    [line] = lines(kept)
    assert (line["kind"], line["purpose"], line["basis"], line["door"]) == ("stop", "EMARKETING", "WITHDRAWN", "link")
    assert line["addresses"] == [bytes(person.address_hash).hex()]
    assert "kari" not in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600


def test_only_stops_are_kept_one_by_one_whatever_the_door(kept, committed):
    persons = [PersonFactory() for _ in range(3)]
    answers = [answer(persons[0], "61A"), answer(persons[1]), answer(persons[2], type_id="NEWS")]

    with committed():
        record_many(answers, by=Recorder(door=Door.IMPORT))

    assert [(line["purpose"], line["type"]) for line in lines(kept)] == [("EMARKETING", None), (None, "NEWS")]


def test_without_a_journal_nothing_is_kept_and_nothing_is_ahead(settings, committed):
    settings.SUPPRESSION_JOURNAL = ""
    with committed():
        record(answer(PersonFactory()), by=BY_LINK)
    sealed()

    assert not journal.is_ahead()


def test_a_journal_that_cannot_be_written_lets_nobody_be_told_that_it_is_done(settings, committed, tmp_path):
    settings.SUPPRESSION_JOURNAL = str(tmp_path / "missing" / "stops.journal")

    with pytest.raises(FileNotFoundError), committed():
        record(answer(PersonFactory()), by=BY_LINK)


def test_in_daily_work_the_journal_is_never_ahead(kept, committed):
    with committed():
        record(answer(PersonFactory()), by=BY_LINK)
    assert not journal.is_ahead()
    sealed()
    assert not journal.is_ahead()
    with committed():
        record(answer(PersonFactory()), by=BY_LINK)

    assert not journal.is_ahead()
    assert [line["kind"] for line in lines(kept)] == ["stop", "seal", "stop"]


def test_a_restore_that_lost_a_stop_is_seen_also_after_the_next_seal(kept, forgotten):
    person = PersonFactory()
    sealed()
    with forgotten():
        record(answer(person), by=BY_LINK)

    assert journal.is_ahead()
    sealed()

    assert journal.is_ahead()


def test_a_restore_that_lost_a_seal_is_seen(kept, forgotten):
    with forgotten():
        sealed()

    assert journal.is_ahead()


def test_a_long_journal_is_read_from_its_end(kept, committed, monkeypatch):
    monkeypatch.setattr(journal, "CHUNK", 100)
    for _ in range(5):
        with committed():
            record(answer(PersonFactory()), by=BY_LINK)

    assert list(journal._backwards(kept)) == kept.read_text().splitlines()[::-1]


def test_replaying_brings_the_stop_back_as_the_persons_own_and_lets_sending_begin(kept, forgotten):
    person = PersonFactory()
    with forgotten():
        record(answer(person), by=BY_LINK)
        given = person.consents.get().given_at

    done = replaying.replay(kept)

    consent = person.consents.get()
    assert (consent.basis_id, consent.is_own, consent.given_at) == ("WITHDRAWN", True, given)
    assert (done.stops, done.recorded, done.blocked) == (1, 1, 0)
    assert not journal.is_ahead()
    assert replaying.replay(kept).recorded == 0
    assert ConsentEvent.objects.count() == 1


def test_replaying_finds_a_person_who_has_moved_since(kept, forgotten):
    person = PersonFactory(email="old@example.com")
    with forgotten():
        person.email = "new@example.com"
        person.save()
        record(answer(person), by=BY_LINK)

    replaying.replay(kept)

    assert person.consents.get().basis_id == "WITHDRAWN"


def test_an_address_that_nobody_has_any_more_is_blocked(kept, forgotten):
    with forgotten():
        person = PersonFactory(email="late@example.com")
        record(answer(person), by=BY_LINK)

    done = replaying.replay(kept)

    assert (done.recorded, done.blocked) == (0, 1)
    [blocked] = Suppression.objects.standing()
    assert (bytes(blocked.address_hash), blocked.reason) == (bytes(person.address_hash), "replayed")


def test_a_number_that_belongs_to_somebody_else_now_is_not_taken_for_the_person(kept, forgotten):
    other = PersonFactory()
    with forgotten():
        gone = PersonFactory(email="late@example.com")
        record(answer(gone), by=BY_LINK)
    text = kept.read_text().replace(f'"person":{gone.pk},', f'"person":{other.pk},')
    kept.write_text(text)

    replaying.replay(kept)

    assert not other.consents.exists()


def test_what_was_undone_is_not_replayed(kept, committed, forgotten):
    user, person = UserFactory(), PersonFactory()
    by = Recorder(door=Door.PAGE, user=user)
    with forgotten():
        written = record(answer(person), by=by)
        undoing.undo(ConsentEvent.objects.filter(pk=written.event_id), by=by)

    assert replaying.replay(kept).stops == 0
    assert not person.consents.exists()


def test_a_complaint_blocks_again(kept, forgotten):
    person = PersonFactory()
    with forgotten():
        leaving.complain(person)

    replaying.replay(kept)

    assert Suppression.objects.standing().get().reason == "complaint"


def test_whoever_was_erased_is_erased_again(kept, forgotten):
    person, erased = PersonFactory(), []
    with forgotten():
        journal.keep_erasure([person], None)

    done = replaying.replay(kept, erase=erased.append)

    assert (erased, done.erased) == ([person], 1)
    assert Suppression.objects.standing().get().reason == "erased"


def test_damaged_lines_are_counted_and_the_others_replayed(kept, forgotten):
    person = PersonFactory()
    with kept.open("w") as file:
        file.write('{"kind":"stop","act":1\n[]\n{"kind":"st')
    with forgotten():
        record(answer(person), by=BY_LINK)

    done = replaying.replay(kept)

    assert (done.damaged, done.recorded) == (3, 1)


def test_what_names_a_source_that_the_backup_lacks_is_a_stop_all_the_same(kept, forgotten):
    person = PersonFactory()
    with forgotten():
        record(answer(person), by=BY_LINK)
    kept.write_text(kept.read_text().replace('"EMAIL"', '"NEWSOURCE"'))

    replaying.replay(kept)

    assert person.consents.get().source_id == "UNKNOWN"


def test_another_secret_is_refused_at_the_start(settings):
    assert HashSecret.objects.count() == 1
    assert checks.the_secret_of_the_hash_is_the_same(databases=["default"]) == []
    settings.SUPPRESSION_PEPPER = "another secret, thirty-two letters long"

    [error] = checks.the_secret_of_the_hash_is_the_same(databases=["default"])

    assert error.id == "persons.E001"
    with pytest.raises(ImproperlyConfigured):
        checks.refuse_another_secret()
