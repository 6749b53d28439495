"""Asking again before a consent runs out: the page that a mailing's yes and no lead to."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from persons import ledger, links
from persons.ledger import Answer, Recorder
from persons.models import Consent, ConsentEvent, Door, LinkToken, SingleMessage
from purposes.models import Purpose, Wording
from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    """Somebody who said yes eleven months ago; a yes holds for a year."""
    Purpose.objects.filter(pk="EMARKETING").update(validity_months=12)
    Wording.objects.create(purpose_id="EMARKETING", language="en", number=1, approval_text="May we write to you?")
    person = PersonFactory(email="kari@example.com")
    say(person, "61A", given_at=timezone.now() - timedelta(days=330))
    return person


def say(person, basis, **facts):
    answer = Answer(
        person_id=person.pk, purpose_id="EMARKETING", basis_id=basis, source_id="USER", comment="On the phone.", **facts
    )
    ledger.record(answer, by=Recorder(door=Door.PAGE))


@pytest.fixture
def page(person):
    token = links.make()
    LinkToken.objects.create(token_hash=links.hashed(token), person=person, address_hash=person.address_hash)
    return reverse("asked_again", args=[token])


def test_it_shows_the_wording_and_changes_nothing(client, page, person):
    shown = client.get(page)
    client.head(page)
    client.options(page)

    assert "May we write to you?" in shown.text
    assert ConsentEvent.objects.count() == 1


def test_a_yes_is_a_new_consent_with_the_wording_that_was_shown(client, page, person):
    before = person.consents.get()

    shown = client.post(page, {"answer": "yes", "seen": client.get(page).context["seen"]})

    renewed = person.consents.get()
    assert "We go on writing to you." in shown.text
    assert renewed.valid_until - before.valid_until > timedelta(days=300)
    assert (renewed.is_own, renewed.wording.approval_text) == (True, "May we write to you?")


def test_a_yes_to_a_text_that_changed_meanwhile_is_asked_for_again(client, page, person):
    seen = client.get(page).context["seen"]
    Wording.objects.create(purpose_id="EMARKETING", language="en", number=9, approval_text="May we call too?")

    again = client.post(page, {"answer": "yes", "seen": seen})

    assert "The text has changed meanwhile; please read it again." in again.text
    assert "May we call too?" in again.text
    assert ConsentEvent.objects.count() == 1


def test_a_no_stops_e_marketing(client, page, person):
    client.post(page, {"answer": "no"})

    assert (person.consents.get().basis_id, person.consents.get().is_own) == ("WITHDRAWN", True)


def test_a_yes_after_a_no_is_not_recorded_before_the_address_confirmed_it(client, page, person):
    say(person, "WITHDRAWN")

    shown = client.post(page, {"answer": "yes", "seen": client.get(page).context["seen"]})

    assert "press the link in it to confirm" in shown.text
    assert person.consents.get().basis_id == "WITHDRAWN"
    assert SingleMessage.objects.get().person == person


def test_a_link_to_an_old_address_cannot_say_yes(client, page, person):
    person.email = "kari@elsewhere.example"
    person.save()

    client.post(page, {"answer": "yes"})

    assert ConsentEvent.objects.count() == 1
    assert Consent.objects.get().basis_id == "61A"


@pytest.mark.parametrize("answer", ["", "maybe"])
def test_anything_else_changes_nothing(client, page, person, answer):
    client.post(page, {"answer": answer})

    assert ConsentEvent.objects.count() == 1
