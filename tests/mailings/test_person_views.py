"""The tab Mailings of a person, and which answer a message rested on."""

import pytest
from django.urls import reverse

from mailings import audience, person_views
from mailings.models import Recipient
from tests.factories import UserFactory
from tests.mailings import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def kari():
    return making.persons(1)[0]


@pytest.fixture(autouse=True)
def sales(client):
    client.force_login(UserFactory(role="Sales"))


def tab(client, person, **asked):
    return client.get(reverse("person_mailings", args=[person.pk]), asked)


def built(number=1):
    for one in range(number):
        audience.build(making.mailing(name=f"News {one}"))


def sent(person):
    Recipient.objects.filter(person=person, state="waiting").update(
        state="sent", claim=1, claimed_at="2026-11-02T09:00Z"
    )


def test_what_was_sent_and_held_back_stands_there_with_the_answer_it_rested_on(client, kari):
    making.agree(kari)
    built()
    sent(kari)
    making.withdraw(kari)
    built()

    rows = tab(client, kari).context["rows"]

    assert [(row.code, row.state, row.event.basis_after_id) for row, _sign, _sentence in rows] == [
        ("withdrawn", "held_back", "WITHDRAWN"),
        ("consent", "sent", "61A"),
    ]
    assert rows[1][2].startswith("Yes - Consent")


def test_nothing_yet_is_said(client, kari):
    assert "No mailing has come this way yet." in tab(client, kari).text


def test_the_tab_goes_on_page_by_page(client, kari, monkeypatch):
    monkeypatch.setattr(person_views, "PAGE_SIZE", 2)
    built(3)

    first = tab(client, kari)
    second = client.get(first.context["next_url"])

    names = [[row.mailing.name for row, _sign, _sentence in page.context["rows"]] for page in (first, second)]
    assert (names, second.context["next_url"]) == ([["News 2", "News 1"], ["News 0"]], None)


def test_the_tab_costs_the_same_for_one_mailing_and_for_three(
    client, kari, django_assert_num_queries, django_assert_max_num_queries
):
    making.agree(kari)
    built()
    with django_assert_max_num_queries(25) as one:
        tab(client, kari)
    built(2)

    with django_assert_num_queries(len(one)):
        tab(client, kari)


def test_an_event_of_history_names_the_mailings_that_went_out_on_it(client, kari):
    making.agree(kari)
    built(4)
    sent(kari)
    event = kari.events.get()

    text = client.get(reverse("person_relied_on", args=[kari.pk])).text

    assert f'id="relied-{event.pk}"' in text
    assert "Relied on by News 3, News 2, News 1 and 1 more" in text


def test_who_may_not_see_recipients_has_no_such_tab(client, kari):
    client.force_login(UserFactory(rights=["persons.view_person"]))

    assert "Mailings</a>" not in client.get(kari.get_absolute_url()).text
    assert tab(client, kari).status_code == 403
