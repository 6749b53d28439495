"""After a restore: nothing is sent until the stops of the journal are made again (rules 5.6)."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from consent_crm import dashboard, erasing
from mailings import delivery, steering
from persons import journal, merging
from persons.ledger import Recorder
from persons.models import Door, Person
from tests.factories import PersonFactory
from tests.mailings.making import agree, persons, started

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(settings, tmp_path):
    settings.SUPPRESSION_JOURNAL = str(tmp_path / "stops.journal")
    return tmp_path / "stops.journal"


def stop_of(person):
    return {
        "kind": "stop",
        "act": 4711,
        "at": "2026-11-01T12:00:00+00:00",
        "event": 4711,
        "person": person.pk,
        "addresses": [bytes(person.address_hash).hex()],
        "purpose": "EMARKETING",
        "type": None,
        "basis": "WITHDRAWN",
        "source": "EMAIL",
        "given": "2026-11-01T12:00:00+00:00",
        "door": "link",
    }


def test_sending_waits_for_the_stops_to_be_made_again_and_then_heeds_them(path, capsys):
    (person,) = persons(1)
    agree(person)
    path.write_text("")
    made = started()
    path.write_text(json.dumps(stop_of(person) | {"given": "2999-01-01T00:00:00+00:00"}) + "\n")

    rest = delivery.deliver(made, seconds=5)
    made.refresh_from_db()
    assert (rest.in_trouble, made.trouble) == (True, str(journal.AHEAD))
    assert dashboard.ledger().journal == "ahead"
    with pytest.raises(steering.Refused, match="replay_suppressions"):
        started()
    call_command("replay_suppressions", "--json")

    assert json.loads(capsys.readouterr().out)["recorded"] == 1
    assert person.consents.get().basis_id == "WITHDRAWN"
    assert dashboard.ledger().journal == "kept"


def test_the_command_erases_again_and_says_what_it_did_in_words(path, capsys):
    (person,) = persons(1)
    erased = {"kind": "erased", "act": None, "person": person.pk, "addresses": [bytes(person.address_hash).hex()]}
    path.write_text(f"{json.dumps(erased)}\nnonsense\n")

    with pytest.raises(SystemExit):
        call_command("replay_suppressions")

    said = capsys.readouterr().out
    person.refresh_from_db()
    assert (person.first_name, "1 persons erased again." in said) == ("", True)
    assert "1 lines of the journal are damaged" in said


@pytest.mark.parametrize("email", ["kari@old.example.com", ""])
def test_who_was_merged_into_somebody_erased_goes_again_in_a_backup_from_before(
    path, email, django_capture_on_commit_callbacks
):
    kept, other, by = PersonFactory(), PersonFactory(email=email), Recorder(door=Door.PAGE)
    backup = transaction.savepoint()
    with django_capture_on_commit_callbacks(execute=True):
        merging.merge(kept.pk, other.pk, by=by)
        erasing.erase(kept, by=by)
    transaction.savepoint_rollback(backup)

    call_command("replay_suppressions")

    assert [(person.first_name, person.erased_at is None) for person in Person.objects.all()] == [("", False)] * 2


@pytest.mark.parametrize("named", [True, False])
def test_without_a_journal_it_says_so(settings, path, named):
    settings.SUPPRESSION_JOURNAL = settings.SUPPRESSION_JOURNAL if named else ""

    with pytest.raises(CommandError, match="journal"):
        call_command("replay_suppressions")
