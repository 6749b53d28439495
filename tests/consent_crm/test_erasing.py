"""Whoever is erased is named nowhere any more (rules 5.4)."""

from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from consent_crm import erasing
from consent_crm.holdings import HOLDINGS, NOT_REPORTED, REPORTED, Fate
from mailings import delivery, incoming, reporting
from mailings.models import Recipient, Report
from persons import ledger, links, merging, singles, undoing
from persons.ledger import Answer, Recorder
from persons.models import (
    Act,
    ActNote,
    Deliverability,
    Door,
    ExternalId,
    LinkToken,
    Operation,
    PendingConfirmation,
    Person,
    PreferenceRequest,
    Selection,
    SingleMessage,
    Suppression,
    Upload,
    keyed_hash,
)
from tests.factories import CompanyFactory, PersonFactory, UserFactory
from tests.mailings import making

pytestmark = pytest.mark.django_db

CANARY = "zq7canary"
BY_STAFF = Recorder(door=Door.PAGE)


@pytest.fixture
def company():
    return CompanyFactory(name="Fjordkraft")


@pytest.fixture
def person(company):
    """Somebody whose every text holds the canary."""
    texts = dict.fromkeys(("first_name", "last_name", "title", "phone", "mobile", "street", "postcode", "city"), CANARY)
    return PersonFactory(**texts, country=CANARY, language="no", company=company, email=f"{CANARY}@example.com")


@pytest.fixture
def erase(django_capture_on_commit_callbacks):
    def erase(person):
        with django_capture_on_commit_callbacks(execute=True):
            return erasing.erase(person, by=BY_STAFF)

    return erase


def fill(person):
    """Put the canary wherever something can hang on a person."""
    user = UserFactory()
    consent = Answer(
        person_id=person.pk,
        purpose_id="EMARKETING",
        basis_id="61A",
        source_id="CHAT",
        comment=f"{CANARY} said so",
        file=ContentFile(f"%PDF-{CANARY}%%EOF".encode(), f"{CANARY}.pdf"),
    )
    written = ledger.record(consent, by=Recorder(door=Door.PAGE, user=user))
    act = Act.objects.get(events=written.event_id)
    ActNote.objects.create(act=act, text=f"{CANARY} said so")
    making.agree(person, PersonFactory())
    making.subscribe(person)
    mailing = making.started(name="To many")
    link = LinkToken.objects.create(token_hash=links.hashed(links.make()), person=person)
    Recipient.objects.filter(mailing=mailing, person=person).update(
        state="sent",
        claim=1,
        claimed_at="2026-11-01T00:00Z",
        answer=f"{CANARY} is fine",
        link=link,
    )
    recipient = Recipient.objects.get(mailing=mailing, person=person)
    Report.objects.create(source_id="1", kind="bounce", words=f"No {CANARY} here", recipient=recipient)
    Report.objects.create(source_id="2", kind="bounce", words=f"No {CANARY}@example.com here")
    making.mailing().persons.add(person)
    Selection.objects.create(name="Some").members.add(person)
    hash_ = keyed_hash(person.address)
    Deliverability.objects.create(address_hash=hash_, bounces_in_a_row=1, diagnosis=CANARY)
    ExternalId.objects.create(person=person, system="HubSpot", value=CANARY)
    pending = PendingConfirmation.objects.create(address=person.address, address_hash=hash_)
    SingleMessage.objects.create(kind="DOUBLE_OPT_IN", confirmation=pending, day="2026-11-01", answer=CANARY)
    PreferenceRequest.objects.create(person=person, purpose_id="STORE")
    Upload.objects.create(
        file=ContentFile(f"Email\n{person.email.upper()}\n".encode(), "some.csv"),
        file_name="some.csv",
        state="checked",
        created_by=user,
    )
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(Person),
        object_id=str(person.pk),
        object_repr=str(person),
        action_flag=2,
    )


def everything():
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            yield from ((table, row.lower()) for (row,) in cursor.fetchall())


def tables_naming(text):
    return sorted({table for table, row in everything() if text in row})


def files(settings):
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_nothing_names_whoever_was_erased(person, erase, settings):
    fill(person)
    address = keyed_hash(person.address)
    assert len(tables_naming(CANARY)) >= 8
    assert len(files(settings)) == 2

    assert erase(person)

    assert tables_naming(CANARY) == []
    assert files(settings) == []
    assert Suppression.objects.standing().get(address_hash=address).reason == "erased"
    recipient = Recipient.objects.get(mailing__name="To many", person=person)
    assert (bytes(recipient.address_hash), recipient.state) == (address, "sent")
    assert (person.consents.count(), person.subscriptions.count()) == (0, 0)
    act = Act.objects.get(door="erasure")
    assert set(act.events.values_list("purpose", "basis_after")) == {("EMARKETING", None), (None, None)}


def test_the_second_time_there_is_nothing_to_do(person, erase):
    making.agree(person)

    assert (erase(person), erase(person)) == (True, False)
    assert Act.objects.filter(door="erasure").count() == 1


def test_nobody_is_erased_who_was_merged_away_a_moment_ago(person, erase):
    stale = Person.objects.get(pk=person.pk)
    merging.merge(PersonFactory().pk, person.pk, by=BY_STAFF)

    with pytest.raises(erasing.Busy):
        erase(stale)


def test_whoever_was_merged_into_the_person_goes_too_and_others_stay(person, erase):
    merged = PersonFactory(first_name="Kari", email="")
    Person.objects.filter(pk=merged.pk).update(merged_into=person)
    other = PersonFactory(first_name="Ola", email=person.email)

    erase(person)

    merged.refresh_from_db()
    other.refresh_from_db()
    assert (merged.first_name, merged.erased_at is None) == ("", False)
    assert (other.first_name, other.erased_at) == ("Ola", None)


def test_who_waits_for_a_mailing_is_held_back_and_what_comes_later_writes_no_words(person, erase):
    making.agree(person)
    made = making.started()

    erase(person)

    waiting = Recipient.objects.get(mailing=made, person=person)
    assert (waiting.state, waiting.code, waiting.address) == ("held_back", "retired", None)
    assert delivery.deliver(made, seconds=1) is not None
    Recipient.objects.filter(pk=waiting.pk).update(state="sent", claim=0, claimed_at="2026-11-01T00:00Z")
    told = incoming.Told("3", Report.Kind.BOUNCE, [waiting.message_key.hex], "hard", f"No {CANARY}")
    assert reporting.take(told) == reporting.Outcome.DONE
    assert tables_naming(CANARY) == []


def handing_over(person):
    making.agree(person)
    Recipient.objects.filter(mailing=making.started()).update(state="claimed", claim=1, claimed_at=timezone.now())


def writing_alone(person):
    asked = singles.send("PREFERENCE_LINK", person)
    SingleMessage.objects.filter(pk=asked.pk).update(state="claimed")


def importing(person):
    file = ContentFile(f"First name;Last name\n{CANARY};{CANARY}\n".encode(), "some.csv")
    Upload.objects.create(file=file, file_name="some.csv", state="importing", created_by=UserFactory())


@pytest.mark.parametrize("is_under_way", [handing_over, writing_alone, importing])
def test_nobody_is_erased_while_something_about_them_is_under_way(client, person, is_under_way):
    is_under_way(person)
    client.force_login(UserFactory(role="Privacy admin"))

    response = client.post(reverse("erase_person", args=[person.pk]), {"name": str(person)})

    person.refresh_from_db()
    assert (response.status_code, person.erased_at) == (422, None)
    assert "Try again in a minute." in response.text


def test_what_was_recorded_before_cannot_be_taken_back_afterwards(person, erase):
    made = Operation.objects.create(kind="bulk_update", state="done")
    answer = Answer(person_id=person.pk, type_id="NEWS", basis_id="WITHDRAWN", source_id="CHAT")
    ledger.record(answer, by=Recorder(door=Door.BULK, operation=made))

    erase(person)

    by = Recorder(door=Door.PAGE, may_lift=True)
    list(undoing.undo_operation(made, by=by, reason="It was a mistake."))
    assert person.subscriptions.count() == 0


def test_the_page_asks_for_the_name(client, person):
    client.force_login(UserFactory(role="Privacy admin"))
    making.agree(person)
    page = reverse("erase_person", args=[person.pk])

    shown, refused = client.get(page), client.post(page, {"name": "Ola"})
    done = client.post(page, {"name": f"{CANARY} {CANARY}"}, follow=True)

    assert "Comments and files that prove an answer: 1" in shown.text
    assert (refused.status_code, "Nobody was erased." in refused.text) == (422, True)
    assert (done.status_code, "This person was erased on" in done.text) == (410, True)
    assert client.get(page).status_code == 410


def test_of_somebody_without_a_name_the_address_is_typed(client):
    person = PersonFactory(first_name="", last_name="", email="kari@example.com")
    client.force_login(UserFactory(role="Privacy admin"))

    client.post(reverse("erase_person", args=[person.pk]), {"name": "kari@example.com"})

    person.refresh_from_db()
    assert person.erased_at


@pytest.mark.parametrize(("role", "offered"), [("Privacy admin", True), ("Sales", False)])
def test_only_who_may_erase_is_offered_it(client, person, role, offered):
    client.force_login(UserFactory(role=role))

    assert (reverse("erase_person", args=[person.pk]) in client.get(person.get_absolute_url()).text) is offered


def test_every_table_is_decided_about(person):
    models = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    erased = {label for label, (fate, _why) in HOLDINGS.items() if fate is Fate.ERASED}

    assert models == set(HOLDINGS)
    by_hand = {"persons.Consent", "persons.Subscription", "persons.Upload"}
    assert {held.rows.model._meta.label for held in erasing.goes([person])} | by_hand == erased


def test_every_table_about_a_person_is_reported_or_it_says_why_not():
    about_a_person = {label for label, (fate, _why) in HOLDINGS.items() if fate is not Fate.NOBODYS}

    assert REPORTED | NOT_REPORTED.keys() == about_a_person
    assert not REPORTED & NOT_REPORTED.keys()
