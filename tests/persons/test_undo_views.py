"""Undo in the browser (rules 4.10): from the message, and as *Recorded by mistake* on History."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from persons import ledger
from persons.models import ActNote, Consent, ConsentEvent, Door
from tests.factories import PersonFactory, UserFactory

pytestmark = pytest.mark.django_db

SALES = ["persons.view_person", "persons.change_person", "persons.manage_consent", "persons.record_stop"]
PRIVACY = [*SALES, "persons.lift_stop"]
PROOF = "Said so on the phone."


@pytest.fixture
def person():
    return PersonFactory(first_name="Kari", last_name="Nordmann")


@pytest.fixture
def sign_in(client):
    def sign_in(rights):
        user = UserFactory(rights=rights)
        client.force_login(user)
        return user

    return sign_in


def answer(person, basis, user=None, *, door=Door.PAGE, given_at=None):
    given = ledger.Answer(
        person_id=person.pk,
        purpose_id="EMARKETING",
        basis_id=basis,
        source_id="EMAIL",
        given_at=given_at or timezone.now(),
        comment=PROOF,
    )
    written = ledger.record(given, by=ledger.Recorder(door=door, user=user))
    return ConsentEvent.objects.get(pk=written.event_id)


def undo(client, event, **data):
    return client.post(reverse("persons:undo", args=[event.person_id, event.pk]), data, follow=True)


def offered(client, person):
    """The events that History offers to take back, each with whether it takes a reason."""
    rows = client.get(reverse("persons:history", args=[person.pk])).context["rows"]
    return {event: takes for event, _address, takes in rows if takes is not None}


def said(response):
    return [str(message) for message in response.context["messages"]]


def stands(person):
    return Consent.objects.filter(person=person, purpose="EMARKETING").values_list("basis", flat=True).first()


def recorded(client, person, **data):
    """The address behind the Undo button after an answer was recorded on the page."""
    url = reverse("persons:record_consent", args=[person.pk, "EMARKETING"])
    (message,) = client.post(url, data, follow=True).context["messages"]
    return message.extra_tags


def test_the_message_after_recording_has_an_undo_that_puts_back_what_stood(client, person, sign_in):
    sign_in(SALES)

    url = recorded(client, person, basis="61A", source="CHAT", expressed_by="person", comment=PROOF)
    response = client.post(url, follow=True)

    assert stands(person) is None
    assert said(response) == ["Undone: E-marketing of Kari Nordmann is as it was before."]
    assert response.redirect_chain[0][0] == person.get_absolute_url()


def test_a_switch_turned_off_can_be_undone(client, person, sign_in):
    answer(person, "61A", given_at=timezone.now() - timedelta(days=9))
    sign_in(["persons.view_person", "persons.record_stop"])

    client.post(recorded(client, person, on="0"))

    assert stands(person) == "61A"


@pytest.mark.parametrize("key", ["NEWS"])
def test_an_ended_subscription_can_be_undone(client, person, sign_in, key):
    sign_in(SALES)
    url = reverse("persons:record_subscription", args=[person.pk, key])

    (message,) = client.post(url, {"on": "0"}, follow=True).context["messages"]
    client.post(message.extra_tags)

    assert not person.subscriptions.exists()


def test_what_changed_nothing_has_no_undo(client, person, sign_in):
    sign_in(SALES)
    answer(person, "WITHDRAWN", door=Door.LINK)

    assert recorded(client, person, on="0") == ""


def test_an_answer_that_came_since_stays_and_that_is_said(client, person, sign_in):
    user = sign_in(SALES)
    event = answer(person, "61A", user, given_at=timezone.now() - timedelta(days=9))
    answer(person, "WITHDRAWN", door=Door.LINK)

    response = undo(client, event)

    assert stands(person) == "WITHDRAWN"
    assert said(response) == ["Nothing was undone: an answer came since, or the person gave this one."]


def test_who_did_not_record_it_is_refused_in_a_sentence(client, person, sign_in):
    event = answer(person, "61A", UserFactory())
    sign_in(SALES)

    response = undo(client, event)

    assert stands(person) == "61A"
    assert said(response)[0].startswith("Only who recorded it can undo it")


def test_a_reader_cannot_undo(client, person, sign_in):
    event = answer(person, "61A", UserFactory())
    sign_in(["persons.view_person"])

    assert undo(client, event).status_code == 403
    assert offered(client, person) == {}


def test_an_event_is_undone_on_the_page_of_its_own_person_only(client, person, sign_in):
    event = answer(person, "61A", sign_in(SALES))

    response = client.post(reverse("persons:undo", args=[PersonFactory().pk, event.pk]))

    assert (response.status_code, stands(person)) == (404, "61A")


def test_history_offers_to_take_back_the_latest_answer_that_one_recorded_oneself(client, person, sign_in):
    user = sign_in(SALES)
    answer(person, "61F", user, given_at=timezone.now() - timedelta(days=9))
    latest = answer(person, "61A", user)

    assert offered(client, person) == {latest: False}


@pytest.mark.parametrize("door", [Door.LINK, Door.ONE_CLICK])
def test_history_never_offers_to_take_back_what_the_person_did(client, person, sign_in, door):
    answer(person, "WITHDRAWN", door=door)
    sign_in(PRIVACY)

    assert offered(client, person) == {}


def test_a_privacy_admin_takes_back_what_others_recorded_with_a_reason(client, person, sign_in):
    event = answer(person, "WITHDRAWN", UserFactory())
    sign_in(PRIVACY)
    assert offered(client, person) == {event: True}

    opened = client.get(reverse("persons:history", args=[person.pk]), {"mistake": event.pk})
    refused = undo(client, event, reason=" ", from_history="")
    response = undo(client, event, reason="Recorded on the wrong person.", from_history="")

    assert "Why was it recorded by mistake?" in opened.text
    assert (refused.status_code, refused.context["form_of_mistake"].errors) == (
        422,
        {"reason": ["This field is required."]},
    )
    assert (stands(person), ActNote.objects.get().text) == (None, "Recorded on the wrong person.")
    assert response.redirect_chain[0][0] == reverse("persons:history", args=[person.pk])
    assert "Recorded on the wrong person." in response.text


def test_after_a_day_the_recorder_is_offered_nothing(client, person, sign_in, time_machine):
    answer(person, "61A", sign_in(SALES))
    time_machine.move_to(timezone.now() + timedelta(hours=25))

    assert offered(client, person) == {}


def test_history_costs_the_same_for_one_event_and_for_three(client, person, sign_in, django_assert_num_queries):
    user = sign_in(SALES)
    answer(person, "61A", user, given_at=timezone.now() - timedelta(days=9))
    url = reverse("persons:history", args=[person.pk])
    with django_assert_num_queries(16):
        client.get(url)
    answer(person, "61F", user, given_at=timezone.now() - timedelta(days=8))
    answer(person, "WITHDRAWN", user)

    with django_assert_num_queries(16):
        client.get(url)
