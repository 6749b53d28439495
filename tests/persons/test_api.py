"""The API over persons: who may, what is answered, how it refuses, and that reading changes nothing."""

import pytest
from django.test import Client

from persons import ledger
from persons.ledger import Answer, Recorder, record
from persons.models import ConsentEvent, Door, Suppression, keyed_hash
from tests.factories import CompanyFactory, PersonFactory, UserFactory

pytestmark = pytest.mark.django_db

PROOF = "Said so on the phone."
JSON = {"content_type": "application/json"}


@pytest.fixture
def reader(client):
    user = UserFactory(rights=["persons.view_person"])
    client.force_login(user)
    return user


def answered(person, basis, purpose="EMARKETING"):
    answer = Answer(person_id=person.pk, purpose_id=purpose, basis_id=basis, source_id="WEBFORM", comment=PROOF)
    return record(answer, by=Recorder(door=Door.PAGE)).event_id


def check(client, **asked):
    return client.post("/api/check/", asked, **JSON)


def test_an_address_is_judged_with_the_sentence_and_the_event(client, reader):
    person = PersonFactory(email="kari@example.com")
    event = answered(person, "61A")

    verdict = check(client, address=" Kari@Example.com ").json()

    assert verdict["sentence"].startswith("Yes - ")
    assert {name: verdict[name] for name in ("person", "code", "allowed")} == {
        "person": person.pk,
        "code": "consent",
        "allowed": True,
    }
    assert (verdict["event"]["id"], verdict["event"]["basis"], verdict["event"]["source"]) == (event, "61A", "WEBFORM")


def test_the_type_of_the_mailing_counts(client, reader):
    person = PersonFactory()
    answered(person, "61A")
    ended = ledger.subscription(is_active=False, person_id=person.pk, type_id="NEWS", source_id="WEBFORM")
    record(ended, by=Recorder(door=Door.PAGE))

    codes = {type_: check(client, person=person.pk, type=type_).json()["code"] for type_ in ("NEWS", "PROMOTIONS")}

    assert codes == {"NEWS": "unsubscribed", "PROMOTIONS": "consent"}


def test_nobody_asked_rests_on_no_event(client, reader):
    verdict = check(client, person=PersonFactory().pk).json()

    assert (verdict["code"], verdict["allowed"], verdict["event"]) == ("no_consent", False, None)


def test_of_several_with_the_address_one_who_may_be_written_to_counts(client, reader):
    PersonFactory(email="shared@example.com")
    other = PersonFactory(email="shared@example.com")
    answered(other, "61A")

    assert check(client, address="shared@example.com").json()["person"] == other.pk


def test_a_suppressed_address_that_nobody_has_is_said_to_be_suppressed(client, reader):
    Suppression.objects.create(address_hash=keyed_hash("gone@example.com"), reason="erased")

    verdict = check(client, address="gone@example.com").json()

    assert (verdict["person"], verdict["code"], verdict["allowed"]) == (None, "suppressed", False)


def test_an_address_that_nobody_has_is_not_found(client, reader):
    response = check(client, address="nobody@example.com")

    assert (response.status_code, response.json()) == (
        404,
        {"code": "unknown_address", "detail": "Nobody has this address."},
    )


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "non_field_errors"),
        ({"address": "kari@example.com", "person": 1}, "person"),
        ({"address": "kari"}, "address"),
        ({"person": "seven"}, "person"),
        ({"person": 10**30}, "person"),
        ({"address": "kari@example.com", "type": "NOTHING"}, "type"),
        ({"address": "a\0@example.com"}, "address"),
        ([], "non_field_errors"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(client, reader, asked, field):
    response = client.post("/api/check/", asked, **JSON)

    assert response.status_code == 400
    assert (response.json()["code"], list(response.json()["fields"])) == ("invalid", [field])


def test_what_is_no_json_is_refused(client, reader):
    response = client.post("/api/check/", "{", **JSON)

    assert (response.status_code, response.json()["code"]) == (400, "parse_error")


def test_asking_changes_nothing_and_getting_is_no_way_to_ask(client, reader):
    person = PersonFactory(email="kari@example.com")
    answered(person, "61A")
    before = ConsentEvent.objects.count()

    check(client, address="kari@example.com")

    assert ConsentEvent.objects.count() == before
    assert client.get("/api/check/").json()["code"] == "method_not_allowed"


def test_a_question_from_another_site_is_refused():
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(rights=["persons.view_person"]))

    response = client.post("/api/check/", {"address": "kari@example.com"}, **JSON)

    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")


def test_a_person_comes_with_what_stands(client, reader):
    person = PersonFactory(company=CompanyFactory(name="Fjordkraft"))
    answered(person, "WITHDRAWN")

    found = client.get(f"/api/persons/{person.pk}/").json()

    assert (found["id"], found["company"], found["subscriptions"]) == (person.pk, "Fjordkraft", [])
    assert [(row["purpose"], row["standing"], row["basis"]) for row in found["consents"]] == [
        ("EMARKETING", "stopped", "WITHDRAWN")
    ]


def test_persons_are_narrowed_as_on_the_page(client, reader):
    yes, _no = PersonFactory(), PersonFactory()
    answered(yes, "61A")

    found = client.get("/api/persons/", {"emarketing": "on"}).json()

    assert [person["id"] for person in found["results"]] == [yes.pk]


def test_a_filter_that_makes_no_sense_is_refused(client, reader):
    response = client.get("/api/persons/", {"emarketing": "perhaps"})

    assert (response.status_code, list(response.json()["fields"])) == (400, ["emarketing"])


def test_pages_lead_through_all_persons_once(client, reader):
    persons = [PersonFactory().pk for _number in range(5)]

    seen, url = [], "/api/persons/?page_size=2"
    while url:
        page = client.get(url).json()
        seen += [person["id"] for person in page["results"]]
        url = page["next"]

    assert seen == persons


def test_a_list_takes_as_many_queries_for_three_as_for_one(client, reader, django_assert_num_queries):
    for number in range(3):
        answered(PersonFactory(company=CompanyFactory()), "61A")
        if number in (0, 2):
            with django_assert_num_queries(7):
                client.get("/api/persons/")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_persons_are_only_read(client, reader, method):
    person = PersonFactory()

    response = getattr(client, method)(f"/api/persons/{person.pk}/", {}, **JSON)

    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


def test_erased_and_merged_persons_are_not_there(client, reader):
    kept = PersonFactory()
    merged = PersonFactory(email="", merged_into=kept)

    assert client.get(f"/api/persons/{merged.pk}/").json()["code"] == "not_found"
    assert check(client, person=merged.pk).status_code == 400
