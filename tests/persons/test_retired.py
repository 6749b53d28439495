"""Pages of persons who were merged or erased."""

import pytest
from django.contrib.messages.storage.cookie import CookieStorage
from django.urls import reverse
from django.utils import timezone

from persons import ledger
from persons.models import Door
from persons.retired import kindly
from tests.factories import PersonFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept():
    return PersonFactory(first_name="Kari", last_name="Nordmann")


@pytest.fixture(autouse=True)
def sales(client):
    client.force_login(UserFactory(role="Sales"))


def merged_into(person):
    return PersonFactory(email="", merged_into=person)


@pytest.mark.parametrize("page", ["persons:detail", "persons:history", "persons:edit", "person_mailings"])
def test_the_pages_of_a_merged_person_lead_to_the_one_that_was_kept(client, kept, page):
    gone = merged_into(merged_into(kept))

    response = client.get(reverse(page, args=[gone.pk]), follow=True)

    assert response.redirect_chain == [(reverse(page, args=[kept.pk]), 302)]
    assert "This is the page of Kari Nordmann, into whom the person was merged." in response.text


def test_what_is_sent_to_a_merged_person_changes_nobody(client, kept):
    gone = merged_into(kept)

    response = client.post(reverse("persons:no_mailings", args=[gone.pk]), {"on": "1"})

    kept.refresh_from_db()
    assert (response.url, kept.no_mailings) == (kept.get_absolute_url(), False)


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_page_of_an_erased_person_says_so(client, method):
    erased = PersonFactory(first_name="", last_name="", email="", erased_at=timezone.now())
    merged = merged_into(erased)

    for person in (erased, merged):
        response = getattr(client, method)(reverse("persons:edit", args=[person.pk]))
        assert (response.status_code, "This person was erased on" in response.text) == (410, True)


def test_a_page_whose_person_was_merged_a_moment_ago_leads_to_the_kept_one(rf, kept):
    def too_late(_request, pk):
        raise ledger.Refused(ledger.Outcome.GONE)

    request = rf.post("/")
    request._messages = CookieStorage(request)

    assert kindly(too_late)(request, merged_into(kept).pk).url == kept.get_absolute_url()


def test_nobody_was_ever_there(client):
    assert client.get(reverse("persons:detail", args=[999_999])).status_code == 404


def test_the_history_of_the_kept_one_holds_the_events_of_those_merged_into_it(client, kept):
    gone = PersonFactory(first_name="Kari", last_name="Berg")
    answer = ledger.Answer(
        person_id=gone.pk, purpose_id="STORE", basis_id="61F", source_id="USER", comment="", given_at=timezone.now()
    )
    ledger.record(answer, by=ledger.Recorder(door=Door.COMMAND))
    type(gone).objects.filter(pk=gone.pk).update(merged_into=kept, address=None, address_hash=None)

    response = client.get(reverse("persons:history", args=[kept.pk]), {"as_of": timezone.localdate().isoformat()})

    assert [event.person for event in response.context["events"]] == [gone]
    assert "Recorded for Kari Berg, who was merged into this person" in response.text
    assert response.context["then"].answers == []
