"""A changed address (rules 4.13): answers stay, bounces start anew, the old address can only stop."""

import pytest
from django.utils import timezone

from persons import ledger
from persons.models import Deliverability, Door, Person, Suppression, keyed_hash
from persons.verdict import Code, explain
from tests.factories import PersonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.database]

OLD, NEW = "kari@old.example.com", "kari@new.example.com"


@pytest.fixture
def person():
    return PersonFactory(email=OLD)


def record(person, basis, purpose="EMARKETING"):
    given = ledger.Answer(
        person_id=person.pk,
        purpose_id=purpose,
        basis_id=basis,
        source_id="CHAT",
        given_at=timezone.now(),
        comment="Said so on the phone.",
    )
    ledger.record(given, by=ledger.Recorder(door=Door.PAGE))


def move(person, email=NEW):
    person.email = email
    person.save()


def suppressed():
    return [(bytes(row.address_hash), row.reason) for row in Suppression.objects.standing()]


def test_the_answers_are_kept_and_bounces_start_anew(person):
    record(person, "61A")
    Deliverability.objects.create(address_hash=keyed_hash(OLD), failed_at=timezone.now())
    assert explain(person).code == Code.BOUNCED

    move(person)

    assert explain(person).code == Code.CONSENT


@pytest.mark.parametrize("purpose", ["EMARKETING", "STORE"])
def test_while_a_stop_stands_the_old_address_is_suppressed(person, purpose):
    record(person, "WITHDRAWN", purpose)

    move(person)

    assert suppressed() == [(keyed_hash(OLD), Suppression.Reason.CHANGED)]
    assert explain(PersonFactory(email=OLD)).code == Code.SUPPRESSED


def test_a_stop_after_the_change_suppresses_the_old_address_too(person):
    record(person, "61A")
    move(person)
    assert suppressed() == []

    record(person, "WITHDRAWN")

    assert suppressed() == [(keyed_hash(OLD), Suppression.Reason.CHANGED)]


def test_an_address_that_the_person_has_again_is_not_suppressed_by_a_stop(person):
    move(person)
    move(person, OLD)

    record(person, "WITHDRAWN")

    assert suppressed() == [(keyed_hash(NEW), Suppression.Reason.CHANGED)]


def test_an_ended_subscription_is_a_stop_too(person):
    ended = ledger.subscription(is_active=False, person_id=person.pk, type_id="NEWS", source_id="USER")
    ledger.record(ended, by=ledger.Recorder(door=Door.PAGE))

    move(person)

    assert suppressed() == [(keyed_hash(OLD), Suppression.Reason.CHANGED)]


def test_without_a_stop_nothing_is_suppressed(person):
    record(person, "61A")

    move(person)

    assert suppressed() == []


def test_an_address_that_goes_is_suppressed_like_one_that_changes(person):
    record(person, "WITHDRAWN")

    move(person, "not an address")

    assert suppressed() == [(keyed_hash(OLD), Suppression.Reason.CHANGED)]


def test_an_address_already_suppressed_stays_as_it_is(person):
    record(person, "WITHDRAWN")
    Suppression.objects.create(address_hash=keyed_hash(OLD), reason=Suppression.Reason.COMPLAINT)

    move(person)

    assert suppressed() == [(keyed_hash(OLD), Suppression.Reason.COMPLAINT)]


@pytest.mark.parametrize("email", [OLD, " KARI@old.example.com "])
def test_the_same_address_typed_otherwise_is_no_change(person, email):
    record(person, "WITHDRAWN")

    move(person, email)

    assert (suppressed(), person.former_addresses.count()) == ([], 0)


def test_whoever_changes_it_the_hash_of_the_old_one_stays(person):
    Person.objects.filter(pk=person.pk).update(address=NEW, address_hash=keyed_hash(NEW))

    assert [bytes(former.address_hash) for former in person.former_addresses.all()] == [keyed_hash(OLD)]


def test_erasing_leaves_no_former_address_and_merging_that_of_whoever_is_merged_away(person):
    gone = {"address": None, "address_hash": None}
    record(person, "WITHDRAWN")

    Person.objects.filter(pk=person.pk).update(erased_at=timezone.now(), **gone)
    other = PersonFactory(email="other@example.com")
    Person.objects.filter(pk=other.pk).update(merged_into=person, **gone)

    assert (suppressed(), person.former_addresses.count()) == ([], 0)
    assert [bytes(former.address_hash) for former in other.former_addresses.all()] == [keyed_hash("other@example.com")]
