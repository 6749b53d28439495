"""Sending off: what stands in the way, at a time, and only once."""

from datetime import timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from mailings import audience, launching, listing
from mailings.models import Mailing, SendingSettings
from mailings.steering import DELIVER, LANES, Refused
from purposes.models import SubscriptionType
from tests.factories import UserFactory
from tests.mailings.making import agree, mailing, persons, started, withdraw

pytestmark = pytest.mark.django_db

SOON = timedelta(hours=1)


@pytest.fixture(autouse=True)
def company(db):
    SendingSettings.objects.update(postal_address="Storgata 1, 0155 Oslo")


@pytest.fixture
def user():
    return UserFactory(role="Marketer")


def deliveries():
    return ProcrastinateJob.objects.filter(task_name=DELIVER).count()


def sentences(made, user):
    return [obstacle.sentence for obstacle in launching.obstacles(made, by=user)]


def test_nothing_stands_in_the_way_of_a_mailing_that_is_in_order(user):
    assert launching.obstacles(mailing(), by=user) == []


@pytest.mark.parametrize(
    ("wrong", "sentence", "step"),
    [
        ({"subject": ""}, "The mailing has no subject.", "content"),
        ({"body": "<p>{{ frist_name }}</p>"}, "There is no merge field “frist_name” (line 1, column 4).", "content"),
        ({"body": ""}, "The message is empty.", "content"),
        ({"from_email": "me@elsewhere.example"}, "Mailings may not be sent from me@elsewhere.example.", "setup"),
        ({"reply_to": "me@elsewhere.example"}, "Answers may not go to me@elsewhere.example.", "setup"),
        ({"type_id": "PROMOTIONS"}, "The subscription type Promotions is inactive.", "setup"),
        (
            {"kind": "service", "purpose_id": "STORE", "type_id": None},
            "Service mailings are sent by those alone who have the right to.",
            "setup",
        ),
    ],
)
def test_what_stands_in_the_way_is_said_with_the_step_that_mends_it(user, wrong, sentence, step):
    SendingSettings.objects.update(allowed_senders="shop.example", allowed_reply_to="shop.example")
    SubscriptionType.objects.filter(pk="PROMOTIONS").update(is_active=False)
    agree(*persons(1))

    made = mailing(**wrong)

    [obstacle] = launching.obstacles(made, by=user)
    assert obstacle.sentence.startswith(sentence)
    assert obstacle.step == step
    with pytest.raises(Refused):
        launching.start(made, by=user)
    assert Mailing.objects.get().state == "draft"


def test_marketing_needs_the_postal_address_and_the_message_carries_it(user):
    assert "Storgata 1, 0155 Oslo" in launching.checks.showing.preview(mailing(), None).text

    SendingSettings.objects.update(postal_address=" ")

    assert [sentence[:31] for sentence in sentences(mailing(), user)] == ["The company's postal address is"]


def launched(made, user, **facts):
    """Started, and the list made by a worker; what became of it, and how many wait."""
    launching.start(made, by=user, **facts)
    assert Mailing.objects.get().state == "building"
    listing.make(made.pk)
    made.refresh_from_db()
    return made.state, made.recipients.waiting().count()


def test_a_worker_makes_the_list_as_it_is_by_then_and_only_then_sending_begins(user):
    made = mailing()
    audience.build(made)
    agree(*persons(3))

    launching.start(made, by=user, confirmed=3)

    made.refresh_from_db()
    assert (made.state, made.recipients.count(), deliveries()) == ("building", 0, 0)
    for _ in range(2):
        listing.make(made.pk)
        made.refresh_from_db()
        assert (made.state, made.started_by, made.recipients.count()) == ("sending", user, 3)
        assert deliveries() == LANES


def test_a_list_that_is_to_stay_stays(user):
    agree(*persons(1))
    made = mailing(update_at_start=False)
    audience.build(made)
    made.refresh_from_db()
    agree(*persons(3))

    assert launched(made, user) == ("sending", 1)


def test_more_recipients_than_confirmed_are_asked_about_again_and_fewer_are_not(user):
    one, other, third = persons(3)
    agree(one, other, third)
    made = mailing()

    assert launched(made, user, confirmed=2) == ("draft", 0)
    assert "Meanwhile 3 persons would receive it, more than you confirmed" in made.trouble
    withdraw(third)
    assert launched(made, user, confirmed=3) == ("sending", 2)
    assert made.trouble == ""


def test_without_a_source_it_is_neither_started_nor_scheduled(user):
    made = mailing(to_everybody=False)

    with pytest.raises(Refused, match="no source"):
        launching.start(made, by=user)
    with pytest.raises(Refused, match="no source"):
        launching.schedule(made, timezone.now() + SOON, by=user)
    assert Mailing.objects.get().state == "draft"


def test_with_nobody_to_receive_it_it_is_neither_scheduled_nor_sent(user):
    made = mailing()
    persons(1)

    with pytest.raises(Refused, match="Nobody would receive it"):
        launching.schedule(made, timezone.now() + SOON, by=user)
    assert launched(made, user) == ("draft", 0)
    assert "Nobody would receive it" in made.trouble


def test_the_past_is_no_time_to_send(user):
    agree(*persons(1))

    with pytest.raises(Refused, match="This time is past"):
        launching.schedule(mailing(), timezone.now() - SOON, by=user)


def test_a_scheduled_mailing_is_started_when_it_is_due_and_not_before(user):
    agree(*persons(2))
    made = mailing()
    launching.schedule(made, timezone.now() + SOON, by=user)

    assert launching.start_due() == 0
    Mailing.objects.update(scheduled_at=timezone.now() - SOON)
    assert launching.start_due() == 1
    assert launching.start_due() == 0
    listing.make(made.pk)

    made.refresh_from_db()
    assert (made.state, made.started_by, made.scheduled_at) == ("sending", user, None)


def test_a_list_that_is_to_stay_is_made_when_it_is_scheduled_and_kept(user):
    agree(*persons(2))
    made = mailing(update_at_start=False)

    launching.schedule(made, timezone.now() + SOON, by=user)

    assert Mailing.objects.get().state == "building"
    listing.make(made.pk)
    assert Mailing.objects.get().state == "scheduled"
    agree(*persons(1))
    Mailing.objects.update(scheduled_at=timezone.now() - SOON)
    launching.start_due()
    listing.make(made.pk)
    assert (Mailing.objects.get().state, made.recipients.count()) == ("sending", 2)


@pytest.mark.parametrize("at", [None, SOON])
def test_what_is_scheduled_or_not_begun_yet_is_called_off_once(user, at):
    agree(*persons(1))
    made = mailing()
    launching.schedule(made, timezone.now() + at, by=user) if at else launching.start(made, by=user)

    launching.call_off(made)
    listing.make(made.pk)

    assert Mailing.objects.values_list("state", "scheduled_at").get() == ("draft", None)
    assert made.recipients.count() == 0
    with pytest.raises(Refused):
        launching.call_off(made)


def test_what_goes_wrong_in_the_middle_gives_the_mailing_back_with_the_words(user, monkeypatch):
    agree(*persons(1))
    made = mailing()
    launching.start(made, by=user)
    monkeypatch.setattr(audience, "BUILT", audience.BUILT + " RETURNING 1 / 0")

    listing.make(made.pk)

    made.refresh_from_db()
    assert (made.state, made.trouble) == ("draft", "It was not started: division by zero")


def test_what_cannot_be_started_when_it_is_due_is_a_draft_again_and_says_why(user):
    agree(*persons(1))
    made = mailing()
    launching.schedule(made, timezone.now() + SOON, by=user)
    Mailing.objects.update(scheduled_at=timezone.now() - SOON)
    SubscriptionType.objects.update(is_active=False)

    assert launching.start_due() == 0

    made.refresh_from_db()
    assert made.state == "draft"
    assert "The subscription type News is inactive." in made.trouble


def test_a_started_mailing_is_not_scheduled(user):
    agree(*persons(1))

    with pytest.raises(Refused, match="started already"):
        launching.schedule(started(), timezone.now() + SOON, by=user)
