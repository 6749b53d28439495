"""A message as one person gets it: in the preview, and in the browser."""

import pytest
from django.urls import reverse
from django.utils import timezone

from mailings import showing
from mailings.claims import Claimer
from persons.models import Company, Person, keyed_hash
from tests.mailings.making import agree, mailing, persons, started, withdraw

pytestmark = pytest.mark.django_db


def sent(**facts):
    """A message that has been claimed, with its link."""
    made = started(**facts)
    return Claimer(made).claim(1).recipients[0]


def test_the_preview_is_the_message_that_goes_out():
    [person] = persons(1, company=Company.objects.create(name="A & B"))
    agree(person)

    shown = showing.preview(mailing(subject="To {{ company }}", body="<p>{{ company }}<script>x</script></p>"), person)

    assert (shown.subject, shown.recipient) == ("To A & B", "kari0@example.com")
    assert "A &amp; B</p>" in shown.html
    assert "script" not in shown.html
    assert shown.text.startswith("A & B")
    assert "You receive this because you agreed" in shown.text


def test_the_preview_says_that_somebody_would_not_get_it():
    [person] = persons(1)
    withdraw(person)

    assert not showing.preview(mailing(), person).explanation.allowed


def test_without_a_person_somebody_invented_stands_in():
    assert "Hello Kari" in showing.preview(mailing(), None).text


def test_a_link_shows_its_message_in_the_browser_and_nothing_runs_there(client):
    agree(*persons(1))
    token = sent(body="<p>Hello {{ first_name }}</p>").token

    response = client.get(reverse("view_in_browser", args=[token]))

    assert "Hello Kari</p>" in response.text
    assert reverse("unsubscribe", args=[token]) in response.text
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"


def changed_address(person):
    Person.objects.filter(pk=person).update(address="new@example.com", address_hash=keyed_hash("new@example.com"))


def without_address(person):
    Person.objects.filter(pk=person).update(address=None, address_hash=None)


def erased(person):
    Person.objects.filter(pk=person).update(email="", address=None, address_hash=None, erased_at=timezone.now())


@pytest.mark.parametrize("change", [changed_address, without_address, erased])
def test_a_link_to_somebody_erased_or_to_an_address_no_longer_theirs_shows_nothing(client, change):
    agree(*persons(1))
    recipient = sent()
    change(recipient.person_id)

    response = client.get(reverse("view_in_browser", args=[recipient.token]))

    assert "This link is not in use" in response.text
    assert "Kari" not in response.text


def test_an_unknown_link_is_answered_kindly(client):
    response = client.get(reverse("view_in_browser", args=["sample"]))

    assert (response.status_code, "This link is not in use" in response.text) == (200, True)
