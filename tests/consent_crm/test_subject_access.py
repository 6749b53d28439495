"""The personal data report: what is in it, as a page and as a file (GDPR articles 15 and 20)."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from persons import ledger, singles
from persons.models import Door, ExternalId, Person, Selection
from purposes.models import EmailTemplate, Purpose, Wording
from tests.factories import CompanyFactory, PersonFactory, UserFactory
from tests.mailings.making import started

pytestmark = pytest.mark.django_db

FILE = SimpleUploadedFile("scan-of-card.pdf", b"%PDF-1.4\n%%EOF")


@pytest.fixture
def person():
    return PersonFactory(
        first_name="Kari",
        last_name="Nordmann",
        email="kari@old.example.com",
        title="Head of purchasing",
        phone="+47 22 33 44 55",
        company=CompanyFactory(name="Fjord Works"),
    )


@pytest.fixture(autouse=True)
def sales(client):
    user = UserFactory(role="Sales", first_name="Sam", last_name="Seller")
    client.force_login(user)
    return user


def answer(person, basis, purpose="EMARKETING", door=Door.PAGE, user=None, **facts):
    matter = {"purpose_id": purpose} if "type_id" not in facts else {}
    facts = {"source_id": "EMAIL", "comment": "Said so on the phone.", "given_at": timezone.now()} | matter | facts
    given = ledger.Answer(person_id=person.pk, basis_id=basis, **facts)
    return ledger.record(given, by=ledger.Recorder(door=door, user=user))


def page_of(client, person):
    return client.get(reverse("data_report", args=[person.pk]))


def file_of(client, person):
    return client.get(reverse("data_report_file", args=[person.pk])).json()


def test_everything_that_is_held_stands_on_the_page_and_in_the_file(client, person, sales):
    wording = Wording.objects.create(
        purpose_id="EMARKETING", language="en", number=9, approval_text="Yes, send me offers by e-mail."
    )
    answer(person, "61A", user=sales, wording=wording, file=FILE)
    answer(person, "61A", type_id="NEWS")
    started()
    answer(person, "WITHDRAWN", door=Door.LINK, comment="")
    person.email = "kari@new.example.com"
    person.save()
    ExternalId.objects.create(person=person, system="superoffice", value="SO-4711")
    Selection.objects.create(name="Harbour fair").members.add(person)
    singles.send(EmailTemplate.Kind.PREFERENCE_LINK, person)

    page, file = page_of(client, person).text, client.get(reverse("data_report_file", args=[person.pk])).text

    held = [
        *("Kari", "Nordmann", "kari@new.example.com", "Head of purchasing", "+47 22 33 44 55", "Fjord Works"),
        *("SO-4711", "Harbour fair", "6(1)(a)", "Said so on the phone.", "scan-of-card.pdf", "Sam Seller"),
        *("Yes, send me offers by e-mail.", "October news", "Yes - "),
    ]
    assert [text for text in held if text not in page] == []
    assert [text for text in held if text not in file] == []


def test_the_file_says_it_in_the_terms_of_the_standards(client, person):
    answer(person, "61A")
    answer(person, "WITHDRAWN", door=Door.LINK, comment="")
    answer(person, "61F", purpose="STORE")

    document = file_of(client, person)

    assert document["schema_version"] == "ISO/IEC TS 27560:2023"
    marketing, store = document["consent_records"]
    (now,) = marketing["pii_processing"]["purposes"]
    assert (now["purpose"], now["lawful_basis"], now["state"]) == ("EMARKETING", None, "dpv:ConsentWithdrawn")
    assert [(event["event_type"], event["event_state"], event["event_source"]) for event in marketing["events"]] == [
        ("dpv:Consent", "dpv:ConsentGiven", "dpv:DataControllerDataSource"),
        ("dpv:Consent", "dpv:ConsentWithdrawn", "dpv:DataSubjectDataSource"),
    ]
    assert store["pii_processing"]["purposes"][0]["lawful_basis"] == "dpv:LegitimateInterest"
    assert marketing["record_id"] != store["record_id"]
    assert marketing["record_id"] == file_of(client, person)["consent_records"][0]["record_id"]


def test_what_was_said_about_a_purpose_no_longer_in_use_is_held_too(client, person):
    purpose = Purpose.objects.create(key="FAIR", name="Invitations to the fair")
    purpose.accepted_bases.add("61A")
    answer(person, "61A", purpose="FAIR")
    Purpose.objects.filter(pk="FAIR").update(is_active=False)

    rows = page_of(client, person).context["report"].purposes

    assert [(row.purpose.pk, row.state) for row in rows if row.consent] == [("FAIR", "ON")]


def test_what_was_recorded_for_a_merged_person_is_in_the_report_of_the_kept_one(client, person):
    gone = PersonFactory(first_name="Karin", last_name="Berg")
    answer(gone, "61F", purpose="STORE")
    Person.objects.filter(pk=gone.pk).update(merged_into=person, address=None, address_hash=None)

    response = client.get(reverse("data_report", args=[gone.pk]), follow=True)

    assert response.redirect_chain == [(reverse("data_report", args=[person.pk]), 302)]
    assert "Recorded for Karin Berg, who was merged into this person" in response.text
    assert len(file_of(client, person)["consent_records"]) == 1


def test_the_page_of_an_erased_person_says_so(client):
    erased = PersonFactory(first_name="", last_name="", email="", erased_at=timezone.now())

    assert page_of(client, erased).status_code == 410


@pytest.mark.parametrize("route", ["data_report", "data_report_file"])
def test_thirty_events_take_as_many_queries_as_one(client, person, sales, route):
    url = reverse(route, args=[person.pk])
    answer(person, "61A", user=sales)
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(url)
    for _turn in range(15):
        answer(person, "WITHDRAWN", user=sales)
        answer(person, "61A", door=Door.FORM, source_id="WEBFORM")

    with CaptureQueriesContext(connection) as many:
        client.get(url)

    assert (person.events.count(), len(many)) == (31, len(few))


def test_the_way_to_the_report_is_there_for_those_who_may_take_data_out(client, person):
    url = reverse("data_report", args=[person.pk])
    assert url in client.get(person.get_absolute_url()).text

    client.force_login(UserFactory(role="Reader"))

    assert url not in client.get(person.get_absolute_url()).text
    assert client.get(url).status_code == 403
