"""A complaint about spam, and an opt-out report (rules 5.3)."""

import pytest

from persons import leaving, links, merging
from persons.ledger import Answer, Recorder, record
from persons.models import ConsentEvent, Door, LinkToken, Person, Suppression
from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return PersonFactory()


def answered(person, basis, door=Door.PAGE):
    answer = Answer(
        person_id=person.pk, purpose_id="EMARKETING", basis_id=basis, source_id="USER", comment="Said so on the phone"
    )
    record(answer, by=Recorder(door=door))


def blocked(address_hash):
    return Suppression.objects.standing().filter(address_hash=address_hash).values_list("reason", flat=True).first()


@pytest.mark.parametrize("stood", [None, "61A", "61F", "WITHDRAWN", "OBJECTED"])
@pytest.mark.parametrize("door", [Door.PAGE, Door.LINK])
def test_a_complaint_records_objected_whatever_stood_and_blocks_the_address(person, stood, door):
    if stood:
        answered(person, stood, door)

    leaving.complain(person)

    consent = person.consents.get(purpose="EMARKETING")
    assert (consent.basis_id, consent.is_own, consent.event.act.is_own_door) == ("OBJECTED", True, True)
    assert blocked(person.address_hash) == "complaint"


def test_a_complaint_twice_is_one(person):
    assert leaving.complain(person)
    assert not leaving.complain(person)

    assert (ConsentEvent.objects.count(), Suppression.objects.count()) == (1, 1)


def test_a_complaint_about_a_message_to_an_older_address_blocks_that_one(person):
    older = bytes(person.address_hash)
    person.email = "new@example.com"
    person.save()

    leaving.complain(person, older)

    assert (blocked(older), blocked(person.address_hash)) == ("complaint", None)
    assert person.consents.get().basis_id == "OBJECTED"


def test_a_complaint_cannot_be_ended_by_confirming_as_an_older_reason_could(person):
    leaving.block(bytes(person.address_hash), Suppression.Reason.CHANGED)
    leaving.complain(person)
    leaving.block(bytes(person.address_hash), Suppression.Reason.ERASED)

    assert blocked(person.address_hash) == "complaint"


def test_a_complaint_of_a_merged_person_is_that_of_the_one_kept(person):
    kept = PersonFactory()
    person.email, person.merged_into = "", kept
    person.save()

    leaving.complain(person)

    assert kept.consents.get().basis_id == "OBJECTED"


def test_an_opt_out_report_is_a_click(person):
    token = links.make()
    LinkToken.objects.create(token_hash=links.hashed(token), person=person, subscription_type_id="NEWS")

    assert leaving.one_click(links.read(token), by=Recorder(door=Door.ONE_CLICK))

    assert person.subscriptions.get(type="NEWS").is_active is False
    assert not person.consents.exists()


def test_who_leaves_or_complains_while_being_merged_is_stopped_as_the_kept_one(person):
    token, kept = links.make(), PersonFactory()
    LinkToken.objects.create(token_hash=links.hashed(token), person=person, subscription_type_id="NEWS")
    link, stale = links.read(token), Person.objects.get(pk=person.pk)
    merging.merge(kept.pk, person.pk, by=Recorder(door=Door.MERGE))

    assert leaving.one_click(link, by=Recorder(door=Door.ONE_CLICK))
    assert leaving.complain(stale)

    assert kept.subscriptions.get(type="NEWS").is_active is False
    assert kept.consents.get().basis_id == "OBJECTED"
