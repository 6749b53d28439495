"""The personal data report: what is in it, as a page and as a file (GDPR articles 15 and 20)."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from persons import ledger, singles
from persons.models import Door, ExternalId, Operation, OperationPerson, Person, Selection
from purposes.models import EmailTemplate, Purpose, Wording
from tests.consent_crm import vocabulary
from tests.consent_crm.vocabulary import TERMS
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
    return json.loads(client.post(reverse("data_report_file", args=[person.pk])).content)


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

    page, file = page_of(client, person).text, client.post(reverse("data_report_file", args=[person.pk])).text

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


def terms_in(part):
    """Every term that a part of the document uses for a value."""
    if isinstance(part, dict | list):
        for one in part.values() if isinstance(part, dict) else part:
            yield from terms_in(one)
    elif isinstance(part, str) and part.startswith(("dpv:", "pd:", "dct:")):
        yield part


def test_every_term_is_in_the_vocabulary_and_every_field_of_the_standard_is_there(client, person):
    wording = Wording.objects.create(purpose_id="EMARKETING", language="en", number=9, approval_text="Yes.")
    answer(person, "61A", wording=wording)
    answer(person, "61A", valid_until=timezone.now() + timedelta(days=9))
    answer(person, "61A", type_id="NEWS")
    answer(person, "61F", purpose="STORE")
    answer(person, "OBJECTED", door=Door.ONE_CLICK)

    document = file_of(client, person)

    context = document.pop("@context")
    prefixes = {name: iri for name, iri in context.items() if isinstance(iri, str) and iri in TERMS}
    properties = {one if isinstance(one, str) else one["@id"] for name, one in context.items() if name not in prefixes}
    used = {*properties, *terms_in(document)} - {"@type"}
    assert set(prefixes.values()) == set(TERMS)
    assert [term for term in used if term.partition(":")[2] not in TERMS[prefixes[term.partition(":")[0]]]] == []
    for record in document["consent_records"]:
        [purpose] = record["pii_processing"]["purposes"]
        parts = [(vocabulary.RECORD, record), (vocabulary.PROCESSING, record["pii_processing"])]
        parts += [(vocabulary.PURPOSE, purpose), *((vocabulary.PARTY, one) for one in record["party_identification"])]
        parts += [(vocabulary.EVENT, one) for one in record["events"]]
        assert [fields - part.keys() for fields, part in parts if fields - part.keys()] == []
        assert purpose["purpose_type"] in ("dpv:DirectMarketing", "dpv:CustomerRelationshipManagement")


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


@pytest.mark.parametrize(("route", "method"), [("data_report", "get"), ("data_report_file", "post")])
def test_thirty_events_take_as_many_queries_as_one(client, person, sales, route, method):
    url, ask = reverse(route, args=[person.pk]), getattr(client, method)
    answer(person, "61A", user=sales)
    ask(url)
    with CaptureQueriesContext(connection) as few:
        ask(url)
    for _turn in range(15):
        answer(person, "WITHDRAWN", user=sales)
        answer(person, "61A", door=Door.FORM, source_id="WEBFORM")

    with CaptureQueriesContext(connection) as many:
        ask(url)

    assert (person.events.count(), len(many)) == (31, len(few))


def test_the_files_that_prove_answers_go_along(client, person):
    answer(person, "61A", file=FILE)
    event = person.consents.get().event_id

    response = client.post(reverse("data_report_files", args=[person.pk]))

    packed = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))
    [told] = json.loads(packed.read(f"personal-data-{person.pk}.json"))["consent_records"][0]["events"]
    assert (response.streaming, told["file"]) == (True, f"files/{event}-scan-of-card.pdf")
    assert packed.read(told["file"]) == b"%PDF-1.4\n%%EOF"


def test_whoever_takes_the_report_is_kept_and_whoever_looks_at_it_is_not(client, person, sales):
    url = reverse("data_report", args=[person.pk])
    assert "Who has taken this report" not in client.get(url).text
    assert client.get(reverse("data_report_file", args=[person.pk])).status_code == 405

    printed = client.post(url)
    file_of(client, person)

    assert ("data-print-now" in printed.text, Operation.objects.filter(kind="report", created_by=sales).count()) == (
        True,
        2,
    )
    assert set(OperationPerson.objects.values_list("person", "outcome")) == {(person.pk, "reported")}
    assert client.get(url).text.count("Sam Seller, ") == 2
    client.force_login(UserFactory(role="Privacy admin"))
    assert "Personal data report" in client.get(reverse("persons:operations")).text
    assert client.get(reverse("persons:undo_operation", args=[Operation.objects.latest("pk").pk])).status_code == 404


def test_the_way_to_the_report_is_there_for_those_who_may_take_data_out(client, person):
    url = reverse("data_report", args=[person.pk])
    assert url in client.get(person.get_absolute_url()).text

    client.force_login(UserFactory(role="Reader"))

    assert url not in client.get(person.get_absolute_url()).text
    assert client.get(url).status_code == 403
