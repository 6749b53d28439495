"""Counting clicks: off unless the mailing asks for it, per link and mailing, never per person."""

import pytest
from django.urls import reverse

from mailings.models import TrackedLink
from persons import leaving, links
from persons.ledger import Recorder
from persons.models import Door, LinkToken
from tests.mailings.making import agree, mailing, persons, started
from tests.mailings.test_composing import html, message, text

pytestmark = pytest.mark.django_db

BODY = '<p><a href="https://shop.example/a?x=1&amp;y=2">A</a> <a href="mailto:shop@shop.example">Write</a></p>'


def sent(**facts):
    agree(*persons(1))
    return started(body=BODY + BODY, **facts)


def test_each_address_gets_one_link_of_ours_in_both_parts():
    made = message(sent(count_clicks=True))

    [link] = TrackedLink.objects.all()
    ours = f"http://localhost/l/{link.key}/"
    assert link.url == "https://shop.example/a?x=1&y=2"
    assert (html(made).count(f'href="{ours}"'), text(made).count(ours)) == (2, 2)
    assert (html(made).count("https://shop.example"), html(made).count("mailto:shop@shop.example")) == (0, 2)


def test_unless_the_mailing_asks_for_it_links_stay_as_they_are():
    made = message(sent())

    assert (html(made).count("https://shop.example/a"), TrackedLink.objects.count()) == (2, 0)


def test_a_draft_is_shown_with_its_own_links():
    assert "https://shop.example/a" in html(message(mailing(body=BODY, count_clicks=True)))


def test_a_click_is_counted_and_led_on(client):
    sent(count_clicks=True)
    [link] = TrackedLink.objects.all()

    response = client.get(reverse("follow", args=[link.key]))

    link.refresh_from_db()
    assert (response.status_code, response.url, link.clicks) == (302, "https://shop.example/a?x=1&y=2", 1)


def test_a_link_nobody_knows_leads_nowhere(client):
    response = client.get(reverse("follow", args=["https:evil.example"]))

    assert (response.status_code, "Location" in response.headers) == (200, False)


def test_the_link_that_somebody_left_by_says_when():
    [person] = persons(1)
    agree(person)
    token = links.make()
    LinkToken.objects.create(token_hash=links.hashed(token), person=person, subscription_type_id="NEWS")
    only_news, everything = leaving.scopes(links.read(token))

    leaving.leave(links.read(token), only_news, by=Recorder(door=Door.LINK))
    first = links.read(token).left_at
    leaving.leave(links.read(token), everything, by=Recorder(door=Door.LINK))

    assert first is not None
    assert links.read(token).left_at == first
