"""Double opt-in: what a confirmation records, for whom, and what it ends (rules 4.5, 4.13, 4.14, 5.5)."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from persons import confirming, links
from persons.confirming import Item
from persons.ledger import Answer, Recorder, record
from persons.models import (
    Act,
    Deliverability,
    Door,
    PendingConfirmation,
    Person,
    SubscribeForm,
    Suppression,
    keyed_hash,
)
from persons.tasks import forget_requests
from persons.verdict import Question, explain
from purposes.models import AcceptedBasis, Purpose, SubscriptionType, Wording
from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db

ADDRESS = "kari@example.com"
TYPES = {"INVITATIONS", "NEWS", "PROMOTIONS", "URGENT"}


@pytest.fixture
def wording():
    return Wording.objects.create(purpose_id="EMARKETING", language="en", number=1, approval_text="Yes, please.")


def pending(*keys, person=None, wording=None, address=ADDRESS, **facts):
    """Asked for: purposes and types by their keys; by a form unless a person is named."""
    purposes, types = Purpose.objects.in_bulk(keys), SubscriptionType.objects.in_bulk(keys)
    items = [Item(purposes.get(key) or types[key], wording) for key in keys]
    form = None if person else SubscribeForm.objects.get_or_create(key="news", name="Newsletter")[0]
    return PendingConfirmation.objects.create(
        form=form,
        person=person,
        address=address,
        address_hash=keyed_hash(address),
        asked=[item.asked for item in items],
        **facts,
    )


def answered(person, basis, door=Door.LINK, **about):
    about = about or {"purpose_id": "EMARKETING"}
    answer = Answer(person_id=person.pk, basis_id=basis, source_id="USER", comment="Said so on the phone", **about)
    record(answer, by=Recorder(door=door))


def consents(person):
    return dict(person.consents.values_list("purpose", "basis"))


def subscriptions(person):
    return dict(person.subscriptions.values_list("type", "is_active"))


def test_until_it_is_confirmed_nothing_is_recorded_and_nobody_made(wording):
    pending("EMARKETING", "NEWS", wording=wording)

    assert not Person.objects.exists()
    assert not Act.objects.exists()


def test_a_confirmation_gives_consent_with_the_pages_wording_and_the_chosen_subscriptions(wording):
    before = timezone.now()

    confirming.confirm(pending("EMARKETING", "NEWS", wording=wording, language="nb"))

    person = Person.objects.get()
    assert (person.address, person.language) == (ADDRESS, "nb")
    assert consents(person) == {"EMARKETING": "61A", "STORE": "61F"}
    assert subscriptions(person) == {"NEWS": True}
    consent = person.consents.get(purpose="EMARKETING")
    assert (consent.wording, consent.source_id, consent.is_own) == (wording, "WEBFORM", True)
    assert before < consent.given_at < timezone.now()
    assert Act.objects.get().door == Door.FORM
    assert "on the form “Newsletter”, confirmed from the address." in consent.event.evidence.comment


def test_it_is_proven_without_a_wording_too():
    confirming.confirm(pending("EMARKETING"))

    assert Person.objects.get().consents.filter(purpose="EMARKETING", basis="61A").exists()


def test_whoever_has_the_address_is_the_one_who_confirms(wording):
    person = PersonFactory(email=ADDRESS)

    confirming.confirm(pending("EMARKETING", wording=wording))

    assert Person.objects.get() == person
    assert consents(person) == {"EMARKETING": "61A"}


def test_of_several_with_the_address_it_is_the_first_who_still_works_there(wording):
    former, first, _ = (PersonFactory(email=ADDRESS, former_employee=flag) for flag in (True, False, False))

    confirming.confirm(pending("EMARKETING", wording=wording))

    assert (consents(first), consents(former)) == ({"EMARKETING": "61A"}, {})


@pytest.mark.parametrize("stop", ["WITHDRAWN", "OBJECTED"])
@pytest.mark.parametrize("keys", [("EMARKETING", "NEWS"), ("NEWS",)])
def test_after_a_stop_only_the_chosen_types_come_back(wording, stop, keys):
    person = PersonFactory(email=ADDRESS)
    answered(person, stop)

    confirming.confirm(pending(*keys, wording=wording, person=person))

    assert consents(person) == {"EMARKETING": "61A"}
    assert subscriptions(person) == dict.fromkeys(TYPES - {"NEWS"}, False) | {"NEWS": True}
    assert person.consents.get().wording == wording
    verdicts = {type_: explain(person, Question(type=type_)).code for type_ in TYPES}
    assert verdicts == dict.fromkeys(TYPES - {"NEWS"}, "unsubscribed") | {"NEWS": "consent"}


def test_after_a_stop_all_e_marketing_may_be_asked_for_as_one(wording):
    person = PersonFactory(email=ADDRESS)
    answered(person, "OBJECTED")

    confirming.confirm(pending("EMARKETING", wording=wording, person=person))

    assert (consents(person), subscriptions(person)) == ({"EMARKETING": "61A"}, {})


def test_without_a_stop_a_type_comes_back_alone():
    person = PersonFactory(email=ADDRESS)
    answered(person, "WITHDRAWN", type_id="NEWS")
    answered(person, "WITHDRAWN", type_id="URGENT")

    confirming.confirm(pending("NEWS", person=person))

    assert (consents(person), subscriptions(person)) == ({}, {"NEWS": True, "URGENT": False})


def test_a_confirmation_answers_the_stop_of_another_with_the_same_address(wording):
    person, other = PersonFactory(email=ADDRESS), PersonFactory(email=ADDRESS)
    answered(other, "WITHDRAWN")

    confirming.confirm(pending("EMARKETING", wording=wording, person=person))

    assert explain(person).code == "consent"


def test_a_second_time_nothing_is_recorded(wording):
    asked = pending("EMARKETING", wording=wording)
    confirming.confirm(asked)

    token = confirming.confirm(asked)

    assert Act.objects.count() == 1
    assert links.read(token).person == Person.objects.get()


def test_only_what_was_shown_is_confirmed():
    person = PersonFactory(email=ADDRESS)

    confirming.confirm(pending("NEWS", "PROMOTIONS", person=person), shown=1)

    assert subscriptions(person) == {"NEWS": True}


def test_what_was_deactivated_since_is_left_out_and_nothing_left_is_refused(wording):
    person = PersonFactory(email=ADDRESS)
    SubscriptionType.objects.filter(pk="NEWS").update(is_active=False)

    confirming.confirm(pending("EMARKETING", "NEWS", wording=wording, person=person))
    assert (consents(person), subscriptions(person)) == ({"EMARKETING": "61A"}, {})

    with pytest.raises(confirming.NotPossible):
        confirming.confirm(pending("NEWS", person=person))


@pytest.mark.parametrize("is_known", [True, False])
def test_a_purpose_that_no_longer_accepts_consent_is_refused_and_nobody_is_made(wording, is_known):
    people = [PersonFactory(email=ADDRESS)] if is_known else []
    AcceptedBasis.objects.filter(purpose="EMARKETING", basis="61A").delete()

    with pytest.raises(confirming.NotPossible):
        confirming.confirm(pending("EMARKETING", wording=wording))

    assert list(Person.objects.all()) == people
    assert not Act.objects.exists()


@pytest.mark.parametrize(
    ("reason", "ends"),
    [("erased", True), ("changed", True), ("replayed", True), ("complaint", False), ("admin", False)],
)
def test_a_confirmation_ends_what_the_address_may_end_itself(reason, ends):
    Suppression.objects.create(address_hash=keyed_hash(ADDRESS), reason=reason)

    confirming.confirm(pending("EMARKETING"))

    assert Suppression.objects.standing().exists() is not ends


def test_a_confirmation_clears_the_bounces_of_its_address_alone():
    for address in (ADDRESS, "ola@example.com"):
        Deliverability.objects.create(
            address_hash=keyed_hash(address), failed_at=timezone.now(), bounces_in_a_row=5, diagnosis="550 nobody"
        )

    confirming.confirm(pending("EMARKETING"))

    cleared = Deliverability.objects.get(address_hash=keyed_hash(ADDRESS))
    assert (cleared.failed_at, cleared.bounces_in_a_row, cleared.diagnosis) == (None, 0, "550 nobody")
    assert cleared.cleared_at
    assert Deliverability.objects.bounced().count() == 1


def test_a_link_confirms_for_seven_days_and_no_longer_for_an_address_that_was_changed():
    person = PersonFactory(email=ADDRESS)
    token = links.make()
    asked = pending("NEWS", person=person, token_hash=links.hashed(token))
    assert confirming.read(token) == asked
    person.email = "new@example.com"
    person.save()
    assert confirming.read(token) is None
    person.email = ADDRESS
    person.save()

    PendingConfirmation.objects.update(asked_at=Now() - timedelta(days=7, seconds=1))

    assert confirming.read(token) is None
    assert confirming.read("unknown") is None


def test_what_nobody_confirmed_goes_after_seven_days_with_the_address():
    pending("NEWS")
    PendingConfirmation.objects.update(asked_at=Now() - timedelta(days=7, seconds=1))
    pending("PROMOTIONS", address="ola@example.com")

    forget_requests.func(0)

    assert list(PendingConfirmation.objects.values_list("address", flat=True)) == ["ola@example.com"]


def test_the_one_who_was_kept_confirms_for_a_merged_person():
    person, kept = PersonFactory(email=ADDRESS), PersonFactory(email="x@example.com")
    token = links.make()
    pending("NEWS", person=person, token_hash=links.hashed(token))
    person.email, person.merged_into = "", kept
    person.save()
    kept.email = ADDRESS
    kept.save()

    confirming.confirm(confirming.read(token))

    assert subscriptions(kept) == {"NEWS": True}


def test_an_ended_type_is_not_ended_a_second_time(wording):
    person = PersonFactory(email=ADDRESS)
    answered(person, "WITHDRAWN", type_id="URGENT")
    answered(person, "WITHDRAWN")

    confirming.confirm(pending("EMARKETING", "NEWS", wording=wording, person=person))

    assert person.events.filter(subscription_type="URGENT").count() == 1
