"""Sending a message from the person's page, and being told what became of it."""

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from persons.ledger import Answer, Recorder, record
from persons.models import Deliverability, Door, PendingConfirmation, SingleMessage
from tests.factories import PersonFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def sales(client):
    user = UserFactory(role="Sales")
    client.force_login(user)
    return user


@pytest.fixture
def person():
    return PersonFactory(email="kari@example.com")


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def stop(person, **about):
    answer = Answer(person_id=person.pk, basis_id="WITHDRAWN", source_id="EMAIL", **about)
    record(answer, by=Recorder(door=Door.LINK))


@pytest.mark.parametrize(
    ("kind", "words"),
    [("preference-link", "Preference link"), ("privacy-confirmation", "Privacy confirmation")],
)
def test_a_message_is_on_its_way(client, sales, person, kind, words):
    response = client.post(reverse("persons:send_message", args=[person.pk, kind]))

    assert said(response) == [f"{words} is on its way to kari@example.com."]
    message = SingleMessage.objects.get()
    assert (message.state, message.created_by, message.person) == ("waiting", sales, person)
    assert words in client.get(person.get_absolute_url()).content.decode()


def test_what_is_held_back_says_why(client, sales, person):
    Deliverability.objects.create(address_hash=person.address_hash, failed_at=timezone.now())

    response = client.post(reverse("persons:send_message", args=[person.pk, "preference-link"]))

    assert said(response) == [
        "Preference link was not sent: Address bounced. If it is right, unblock it under Blocked addresses."
    ]


@pytest.mark.parametrize(("matter", "key"), [("purpose", "EMARKETING"), ("type", "NEWS")])
def test_after_a_stop_the_person_can_be_asked_to_confirm(client, sales, person, matter, key):
    stop(person, **{f"{matter}_id": key})
    url = reverse("persons:send_confirmation_link", args=[person.pk, matter, key])
    assert url in client.get(person.get_absolute_url()).content.decode()

    responses = [client.post(url) for _ in range(2)]

    assert said(responses[1])[-1] == "A confirmation link went to kari@example.com today; it now confirms this as well."
    assert [one["purpose"] or one["type"] for one in PendingConfirmation.objects.get().asked] == [key]
    assert SingleMessage.objects.get().is_public is False


def test_without_an_address_it_says_so(client, sales):
    person = PersonFactory(email="")

    response = client.post(reverse("persons:send_confirmation_link", args=[person.pk, "purpose", "EMARKETING"]))

    assert said(response) == [f"Not sent: {person} has no valid e-mail address."]
    assert not SingleMessage.objects.exists()


@pytest.mark.parametrize("path", ["messages/nothing", "confirmation-link/nothing/NEWS", "confirmation-link/type/NO"])
def test_what_is_not_there_cannot_be_sent(client, sales, person, path):
    assert client.post(f"/persons/{person.pk}/{path}/").status_code == 404
