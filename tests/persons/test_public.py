import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from persons import links
from persons.ledger import Answer, Recorder, record
from persons.models import Act, ConsentEvent, Door, LinkToken
from persons.public import masked
from purposes.models import SubscriptionType
from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def person():
    return PersonFactory(email="kari@example.com")


def link_to(person, **facts):
    token = links.make()
    LinkToken.objects.create(token_hash=links.hashed(token), person=person, address_hash=person.address_hash, **facts)
    return f"/u/{token}/"


def about_news(person):
    return link_to(person, subscription_type_id="NEWS")


def about_marketing(person):
    return link_to(person, purpose_id="EMARKETING")


def said(person, basis, door=Door.PAGE, **about):
    record(
        Answer(person_id=person.pk, basis_id=basis, source_id="USER", comment="Said so on the phone", **about),
        by=Recorder(door=door),
    )


def consent(person):
    return person.consents.filter(purpose="EMARKETING").values_list("basis", flat=True).first()


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete", "patch"])
def test_nothing_but_post_changes_anything(client, person, method):
    answer = getattr(client, method)(about_news(person))

    assert answer.status_code == (200 if method in ("get", "head", "options") else 405)
    assert not Act.objects.exists()


def test_the_page_has_one_button_per_scope_and_shows_only_a_masked_address(client, person):
    page = client.get(about_news(person)).content.decode()

    assert "k•••@example.com" in page
    assert 'value="type:NEWS"' in page
    assert 'value="purpose:EMARKETING"' in page
    assert "kari@" not in page
    assert "Nordmann" not in page


def test_a_link_about_all_marketing_has_one_button(client, person):
    assert client.get(about_marketing(person)).content.decode().count('name="scope"') == 1


BODIES = [
    {"data": "List-Unsubscribe=One-Click", "content_type": FORM},
    {"data": ONE_CLICK},  # multipart/form-data
]


@pytest.mark.parametrize("body", BODIES)
def test_one_click_ends_the_type(client, person, body):
    answer = client.post(about_news(person), **body)

    assert (answer.status_code, answer.content, answer.cookies.output()) == (200, b"OK\n", "")
    ended = person.subscriptions.get()
    assert (ended.type_id, ended.is_active, ended.source_id, ended.is_own) == ("NEWS", False, "EMAIL", True)
    assert Act.objects.get().door == Door.ONE_CLICK
    assert consent(person) is None


@pytest.mark.parametrize(
    ("stands", "becomes"), [("61A", "WITHDRAWN"), ("61F", "OBJECTED"), (None, "OBJECTED"), ("REFUSED", "OBJECTED")]
)
def test_a_stop_by_the_person_is_withdrawn_where_consent_stood_and_objected_otherwise(client, person, stands, becomes):
    if stands:
        said(person, stands, purpose_id="EMARKETING")

    client.post(about_marketing(person), ONE_CLICK)

    assert consent(person) == becomes


def test_one_click_about_a_type_leaves_e_marketing_alone(client, person):
    said(person, "61A", purpose_id="EMARKETING")

    client.post(about_news(person), ONE_CLICK)

    assert consent(person) == "61A"


def test_the_button_for_all_marketing_stops_it(client, person):
    client.post(about_news(person), {"scope": "purpose:EMARKETING"})

    assert (consent(person), Act.objects.get().door) == ("OBJECTED", Door.LINK)
    assert not person.subscriptions.exists()


@pytest.mark.parametrize("scope", ["type:PROMOTIONS", "purpose:STORE", "x", ""])
def test_only_what_the_page_offers_can_be_chosen_and_anything_else_does_what_one_click_does(client, person, scope):
    client.post(about_news(person), {"scope": scope})

    assert list(person.subscriptions.values_list("type", flat=True)) == ["NEWS"]
    assert not person.consents.exists()


def test_a_post_that_says_nothing_at_all_still_leaves(client, person):
    client.post(about_news(person), data=b"\xff\x00", content_type="text/plain")

    assert person.subscriptions.get().is_active is False


def test_who_comes_back_is_told_what_has_stopped_and_offered_the_rest(client, person):
    url = about_news(person)

    answer = client.post(url, {"scope": "type:NEWS"}).content.decode()
    page = client.get(url).content.decode()

    assert "Stopped: News." in answer
    assert "Stopped already: News." in page
    assert 'value="type:NEWS"' not in page
    assert 'value="purpose:EMARKETING"' in page


def test_repeating_it_is_fine_and_writes_nothing_more(client, person):
    url = about_marketing(person)

    answers = [client.post(url, ONE_CLICK).status_code for _ in range(3)]

    assert answers == [200, 200, 200]
    assert ConsentEvent.objects.count() == 1


def test_a_stop_recorded_by_staff_becomes_the_persons_own(client, person):
    said(person, "WITHDRAWN", purpose_id="EMARKETING")

    client.post(about_marketing(person), ONE_CLICK)

    assert person.consents.get().is_own


def test_it_works_again_after_the_person_has_come_back(client, person):
    url = about_news(person)
    client.post(url, ONE_CLICK)
    said(person, "61A", door=Door.FORM, type_id="NEWS", given_at=timezone.now())
    assert person.subscriptions.get().is_active

    client.post(url, ONE_CLICK)

    assert not person.subscriptions.get().is_active


@pytest.mark.parametrize("slash", ["/", ""])
@pytest.mark.parametrize("method", ["get", "head", "options", "post", "put"])
@pytest.mark.parametrize("known", [True, False])
def test_no_redirect_and_no_cookie_whatever_comes(person, slash, method, known):
    url = (about_news(person) if known else "/u/unknown/").removesuffix("/") + slash
    client = Client(enforce_csrf_checks=True)

    answer = getattr(client, method)(url + "?utm_source=mail", headers={"Accept-Language": "nb"})

    assert answer.status_code == (405 if method == "put" else 200)
    assert "Location" not in answer.headers
    assert not answer.cookies
    assert "no-store" in answer.headers["Cache-Control"]


def test_unknown_and_erased_answer_alike(client, person):
    url = about_news(person)
    person.email, person.erased_at = "", "2026-11-01T00:00Z"
    person.save()

    for unknown in (url, "/u/unknown/"):
        for answer in (client.get(unknown), client.post(unknown, {"scope": "type:NEWS"})):
            assert (answer.status_code, answer.templates[0].name) == (200, "public/unknown_link.html")
        assert client.post(unknown, ONE_CLICK).content == b"OK\n"  # as for any other
    assert not Act.objects.exists()


def test_the_link_of_a_merged_person_stops_the_one_kept(client, person):
    url, kept = about_news(person), PersonFactory()
    person.email, person.merged_into = "", kept
    person.save()

    client.post(url, ONE_CLICK)

    assert kept.subscriptions.get().is_active is False
    assert not person.subscriptions.exists()


def test_a_link_to_an_earlier_address_stops_and_shows_nothing(client, person):
    url = about_news(person)
    person.email = "new@example.com"
    person.save()

    assert "example.com" not in client.get(url).content.decode()
    client.post(url, ONE_CLICK)

    assert person.subscriptions.get().is_active is False


@pytest.mark.parametrize(
    ("persons", "messages", "browsers", "spoken"),
    [("nb", "de", "sv", "nb"), ("", "de", "sv", "de"), ("xx", "", "sv", "sv"), ("", "", "", "en")],
)
def test_the_page_speaks_the_persons_language_else_the_messages_else_the_browsers(
    client, person, persons, messages, browsers, spoken
):
    person.language = persons
    person.save()

    page = client.get(link_to(person, language=messages), headers={"Accept-Language": browsers})

    assert f'<html lang="{spoken}">' in page.content.decode()


def test_a_link_that_ends_nothing_offers_e_marketing_but_one_click_changes_nothing(client, person):
    url = link_to(person)

    answer = client.post(url, ONE_CLICK)

    assert answer.status_code == 200
    assert not Act.objects.exists()
    client.post(url, {"scope": "purpose:EMARKETING"})
    assert consent(person) == "OBJECTED"


def test_a_service_link_stops_its_purpose(client, person):
    said(person, "61F", purpose_id="STORE")

    client.post(link_to(person, purpose_id="STORE"), ONE_CLICK)

    assert person.consents.get(purpose="STORE").basis_id == "OBJECTED"


def test_an_inactive_type_still_takes_the_stop(client, person):
    SubscriptionType.objects.filter(pk="NEWS").update(is_active=False)

    client.post(about_news(person), ONE_CLICK)

    assert person.subscriptions.get().is_active is False


def test_it_takes_few_statements(client, person, django_assert_max_num_queries):
    url = about_marketing(person)
    with django_assert_max_num_queries(13):
        client.post(url, ONE_CLICK)


def test_the_address_of_the_page_ends_in_a_slash():
    assert reverse("unsubscribe", args=["TOKEN"]) == "/u/TOKEN/"


@pytest.mark.parametrize(
    ("address", "shown"), [("kari@example.com", "k•••@example.com"), ("k@example.com", "k•••@example.com")]
)
def test_a_masked_address_does_not_say_how_long_it_is(address, shown):
    assert masked(address) == shown
