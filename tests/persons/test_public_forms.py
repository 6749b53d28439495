"""The subscribe form and the page that confirms, as strangers, scanners and other sites meet them."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from persons import links, shown, subscribing
from persons.models import (
    Act,
    Deliverability,
    PendingConfirmation,
    Person,
    SingleMessage,
    SubscribeForm,
    Suppression,
    keyed_hash,
)
from purposes.models import SubscriptionType, Wording
from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db

ADDRESS = "kari@example.com"


@pytest.fixture
def newsletter():
    newsletter = SubscribeForm.objects.create(key="news", name="Newsletter", language="en", heading="Our letters")
    newsletter.types.set(SubscriptionType.objects.filter(pk__in=["NEWS", "PROMOTIONS"]))
    return newsletter


@pytest.fixture
def wording():
    return Wording.objects.create(
        purpose_id="EMARKETING",
        language="en",
        number=1,
        approval_text="Yes, write to me.",
        statement_url="https://example.com/privacy",
    )


def subscribe(client, newsletter, email=ADDRESS, types=("NEWS",), **facts):
    return client.post(newsletter.get_absolute_url(), {"email": email, "types": types} | facts)


def token_of(pending):
    token = links.make()
    PendingConfirmation.objects.filter(pk=pending.pk).update(token_hash=links.hashed(token))
    return token


def test_the_form_shows_the_wording_and_the_types_it_offers(client, newsletter, wording):
    text = client.get(newsletter.get_absolute_url()).content.decode()

    assert "Our letters" in text
    assert "Yes, write to me." in text
    assert 'href="https://example.com/privacy"' in text
    assert ("News" in text, "Promotions" in text, "Invitations" in text) == (True, True, False)


def test_asking_waits_for_the_confirmation(client, newsletter, wording):
    response = subscribe(client, newsletter, " Kari@Example.com ", seen=shown.digest([wording]))

    assert "We send a message to kari@example.com." in response.content.decode()
    pending = PendingConfirmation.objects.get()
    assert (pending.address, pending.form, pending.person, pending.language) == (ADDRESS, newsletter, None, "en")
    assert pending.asked == [
        {"purpose": "EMARKETING", "type": None, "wording": wording.pk},
        {"purpose": None, "type": "NEWS", "wording": wording.pk},
    ]
    assert SingleMessage.objects.get().state == "waiting"
    assert not Person.objects.exists()


def changed(wording):
    Wording.objects.filter(pk=wording.pk).update(approval_text="Yes, call me too.")


def succeeded(wording):
    Wording.objects.create(purpose_id="EMARKETING", language="en", number=2, approval_text="Yes, call me too.")


@pytest.mark.parametrize("happened", [changed, succeeded])
def test_a_text_that_changed_while_it_was_read_is_shown_again_and_nothing_recorded(
    client, newsletter, wording, happened
):
    seen = client.get(newsletter.get_absolute_url()).context["seen"]
    happened(wording)

    again = subscribe(client, newsletter, seen=seen)

    assert again.status_code == 422
    assert "The text has changed meanwhile; please read it again." in again.text
    assert "Yes, call me too." in again.text
    assert not PendingConfirmation.objects.exists()
    assert subscribe(client, newsletter, seen=again.context["seen"]).status_code == 200
    assert PendingConfirmation.objects.exists()


def test_a_text_that_changed_before_it_was_confirmed_is_shown_again(client, newsletter, wording):
    subscribe(client, newsletter, seen=shown.digest([wording]))
    page = reverse("confirm", args=[token_of(PendingConfirmation.objects.get())])
    seen = client.get(page).context["seen"]
    changed(wording)

    again = client.post(page, {"seen": seen})

    assert "The text has changed meanwhile; please read it again." in again.text
    assert not Person.objects.exists()
    client.post(page, {"seen": again.context["seen"]})
    wording.refresh_from_db()
    recorded = Person.objects.get().consents.get(purpose="EMARKETING").event
    assert bytes(recorded.wording_digest) == wording.digest()


def known(address):
    PersonFactory(email=address)


def complained(address):
    Suppression.objects.create(address_hash=keyed_hash(address), reason="complaint")


def bounced(address):
    Deliverability.objects.create(address_hash=keyed_hash(address), bounces_in_a_row=5)


def asked_before(address):
    subscribe(Client(), SubscribeForm.objects.get(), address)


@pytest.mark.parametrize("happened", [known, complained, bounced, asked_before])
def test_the_answer_is_the_same_whoever_has_the_address(client, newsletter, happened):
    unknown = subscribe(client, newsletter, "ola@example.com")
    happened(ADDRESS)

    answer = subscribe(client, newsletter)

    same = unknown.content.decode().replace("ola@example.com", ADDRESS)
    assert (answer.status_code, answer.content.decode()) == (200, same)
    assert not answer.cookies


def test_known_and_unknown_take_the_same_statements(client, newsletter, django_assert_num_queries):
    subscribe(client, newsletter, "somebody@example.com")  # the first of the day
    with CaptureQueriesContext(connection) as unknown:
        subscribe(client, newsletter, "ola@example.com")
    known(ADDRESS)

    with django_assert_num_queries(len(unknown)):
        subscribe(client, newsletter)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"email": "kari@"}, "This is not a valid e-mail address."),
        ({"email": ""}, "This field is required."),
        ({"email": f"{ADDRESS}, ola@example.com"}, "This is not a valid e-mail address."),
        ({"types": []}, "Choose at least one."),
        ({"types": ["URGENT"]}, "Select a valid choice."),
    ],
)
def test_what_is_wrong_is_said_at_the_field(client, newsletter, facts, words):
    response = subscribe(client, newsletter, **facts)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not PendingConfirmation.objects.exists()


def test_a_form_without_types_asks_for_all_e_marketing(client):
    newsletter = SubscribeForm.objects.create(key="all", name="All")

    subscribe(client, newsletter, types=[])

    assert [one["purpose"] for one in PendingConfirmation.objects.get().asked] == ["EMARKETING"]


def test_a_form_that_is_not_active_is_not_there(client, newsletter):
    SubscribeForm.objects.update(is_active=False)

    assert client.get(newsletter.get_absolute_url()).status_code == 404


def test_too_many_from_one_network_are_asked_to_come_back_tomorrow(client, newsletter, monkeypatch):
    monkeypatch.setattr(subscribing, "MOST_A_DAY", 2)

    codes = [subscribe(client, newsletter, f"kari{one}@example.com").status_code for one in range(3)]

    assert codes == [200, 200, 429]
    assert PendingConfirmation.objects.count() == 2


def test_behind_a_proxy_the_visitor_is_whom_the_proxy_saw(client, newsletter, monkeypatch, settings):
    monkeypatch.setattr(subscribing, "MOST_A_DAY", 1)
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    seen = ["192.0.2.1", "6.6.6.6, 192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "nonsense"]

    codes = [
        client.post(
            newsletter.get_absolute_url(), {"email": ADDRESS, "types": ["NEWS"]}, headers={"X-Forwarded-For": one}
        )
        for one in seen
    ]

    assert [answer.status_code for answer in codes] == [200, 429, 200, 200, 429, 200]


def test_only_the_sites_that_are_named_may_show_the_form_inside_their_pages(client, newsletter):
    assert client.get(newsletter.get_absolute_url()).headers["X-Frame-Options"] == "DENY"
    SubscribeForm.objects.update(embedded_on="https://www.example.com\nhttps://shop.example.com")

    headers = client.get(newsletter.get_absolute_url()).headers

    assert "frame-ancestors https://www.example.com https://shop.example.com" in headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in headers


def test_the_form_works_without_a_cookie(newsletter):
    response = subscribe(Client(enforce_csrf_checks=True), newsletter)

    assert (response.status_code, len(response.cookies)) == (200, 0)


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_looking_confirms_nothing(client, newsletter, wording, method):
    subscribe(client, newsletter, seen=shown.digest([wording]))
    url = reverse("confirm", args=[token_of(PendingConfirmation.objects.get())])

    response = getattr(client, method)(url)

    assert response.status_code == 200
    assert not Act.objects.exists()


def test_the_button_confirms_and_leads_to_the_persons_own_page(client, newsletter, wording):
    subscribe(client, newsletter, seen=shown.digest([wording]))
    url = reverse("confirm", args=[token_of(PendingConfirmation.objects.get())])
    page = client.get(url)
    assert all(words in page.text for words in ("k•••@example.com", "News", "Yes, write to me."))

    response = client.post(url, {"shown": "2", "seen": page.context["seen"]})

    text = response.content.decode()
    assert "Confirmed. From now on this comes to k•••@example.com:" in text
    assert client.get(reverse("preferences", args=[response.context["own_page"]])).status_code == 200
    assert Person.objects.get().subscriptions.get().type_id == "NEWS"
    assert "This is confirmed already" in client.get(url).content.decode()
    assert len(response.cookies) == 0


def test_what_is_no_longer_on_offer_is_said_kindly(client, newsletter):
    subscribe(client, newsletter)
    pending = PendingConfirmation.objects.get()
    PendingConfirmation.objects.update(asked=pending.asked[1:], person=PersonFactory(email=ADDRESS))
    SubscriptionType.objects.update(is_active=False)

    text = client.post(reverse("confirm", args=[token_of(pending)])).content.decode()

    assert "This is no longer on offer" in text
    assert not Act.objects.exists()


def test_an_unknown_link_answers_kindly(client):
    for method in ("get", "post"):
        response = getattr(client, method)(reverse("confirm", args=["unknown"]))
        assert (response.status_code, response.templates[0].name) == (200, "public/unknown_link.html")


@pytest.mark.parametrize("line", ["www.example.com", "https://example.com/path", "*", "https://a;b", "'none'"])
def test_what_is_no_site_cannot_be_named(line):
    newsletter = SubscribeForm(key="x", name="x", embedded_on=f"https://example.com\n{line}")

    with pytest.raises(Exception, match="is not the address of a site"):
        newsletter.full_clean()
