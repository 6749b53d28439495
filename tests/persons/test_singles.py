"""The outbox of messages to one person: what is put into it, and what is held back (rules 3, *Kinds*)."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from persons import adding, singles
from persons.confirming import Item, pending_of
from persons.importing.applying import apply
from persons.importing.staging import Options
from persons.ledger import Answer, Recorder
from persons.models import Deliverability, Door, PendingConfirmation, Person, SingleMessage, Suppression
from persons.singles import Asked
from purposes.models import EmailTemplate, PublicPages, Source, SubscriptionType
from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return PersonFactory(email="kari@example.com", language="")


def ask(person, type_="NEWS", is_public=True):
    pending = pending_of(person, [Item(SubscriptionType.objects.get(pk=type_), None)], "en")
    return singles.ask_to_confirm(pending, is_public=is_public)


def asked_types():
    return [[one["type"] for one in pending.asked] for pending in PendingConfirmation.objects.order_by("pk")]


def test_the_same_message_waits_once(person):
    kind = EmailTemplate.Kind.PREFERENCE_LINK

    assert singles.send(kind, person) == singles.send(kind, person)


def test_whoever_has_no_language_of_ours_is_written_to_in_the_companys(person):
    PublicPages.objects.update(language="nb")

    assert singles.send(EmailTemplate.Kind.PREFERENCE_LINK, person).language == "nb"


def test_one_confirmation_message_goes_to_an_address_in_a_day_and_asks_for_what_came_later_too(person):
    first, second = ask(person), ask(person, "PROMOTIONS")

    assert (first[1], second[1], second[0]) == (Asked.SENT, Asked.ADDED, first[0])
    assert asked_types() == [["NEWS", "PROMOTIONS"]]


def test_nothing_is_added_to_what_is_confirmed_or_to_what_is_about_somebody_else(person):
    ask(person)
    assert ask(PersonFactory(email="kari@example.com"), "PROMOTIONS")[1] == Asked.TOMORROW
    PendingConfirmation.objects.update(confirmed_at=timezone.now())

    assert ask(person, "PROMOTIONS")[1] == Asked.TOMORROW
    assert asked_types() == [["NEWS"]]


def test_on_the_next_day_another_message_may_go(person):
    with time_machine.travel(timezone.now() - timedelta(days=1)):
        ask(person)

    assert ask(person)[1] == Asked.SENT
    assert SingleMessage.objects.count() == 2


@pytest.mark.parametrize(
    ("reason", "is_public", "outcome"),
    [
        ("erased", True, Asked.SENT),
        ("changed", True, Asked.SENT),
        ("replayed", True, Asked.SENT),
        ("complaint", True, Asked.HELD_BACK),
        ("admin", True, Asked.HELD_BACK),
        ("changed", False, Asked.HELD_BACK),
    ],
)
def test_only_what_the_address_asked_for_itself_passes_a_suppression_and_only_one_it_may_end(
    person, reason, is_public, outcome
):
    Suppression.objects.create(address_hash=person.address_hash, reason=reason)

    assert ask(person, is_public=is_public)[1] == outcome


@pytest.mark.parametrize(("is_public", "outcome"), [(True, Asked.SENT), (False, Asked.HELD_BACK)])
def test_only_what_the_address_asked_for_itself_passes_a_bounce(person, is_public, outcome):
    Deliverability.objects.create(address_hash=person.address_hash, failed_at=timezone.now())

    assert ask(person, is_public=is_public)[1] == outcome


def test_what_was_held_back_does_not_count_as_the_message_of_the_day(person):
    Deliverability.objects.create(address_hash=person.address_hash, failed_at=timezone.now())
    ask(person, is_public=False)

    assert ask(person)[1] == Asked.SENT


@pytest.fixture
def telling():
    """A source that tells whoever is added with an answer from it, with a template of its own."""
    template = EmailTemplate.objects.create(key="WELCOME", name="Welcome", kind="PRIVACY_CONFIRMATION")
    Source.objects.filter(pk="WEBFORM").update(sends_confirmation=True, confirmation_template=template)
    return template


def added(source, purpose="STORE", **facts):
    person = Person(**{"last_name": "Nordmann", "email": "ola@example.com"} | facts)
    answer = Answer(person_id=0, purpose_id=purpose, basis_id="61A", source_id=source, comment="Said so on the phone")
    return adding.add(person, [answer], by=Recorder(door=Door.PAGE))


@pytest.mark.parametrize(("source", "purpose"), [("WEBFORM", "STORE"), ("WEBFORM", "EMARKETING")])
def test_a_new_person_is_told_where_the_source_asks_for_it(telling, source, purpose):
    person = added(source, purpose, language="de")

    message = SingleMessage.objects.get()
    assert (message.person, message.kind, message.template) == (person, "PRIVACY_CONFIRMATION", telling)
    assert (message.state, message.language) == ("waiting", "de")
    assert ProcrastinateJob.objects.filter(task_name=singles.JOB).exists()


def test_nobody_is_told_where_no_source_asks_for_it_or_there_is_no_address(telling):
    added("USER")
    added("WEBFORM", email="")

    assert not SingleMessage.objects.exists()


def test_an_imported_person_is_told_as_well_and_one_who_was_there_before_is_not(telling, tmp_path):
    PersonFactory(first_name="Ola", last_name="Berg", email="old@example.com")
    file = tmp_path / "persons.csv"
    file.write_text(
        "First name;Last name;E-mail;Newsletter;Comment\n"
        "Kari;Dal;new@example.com;yes;Signed at the fair\nOla;Berg;old@example.com;yes;Signed at the fair\n"
    )

    apply(file, Options(source="WEBFORM", comment="Signed at the autumn fair"))

    assert [message.person.email for message in SingleMessage.objects.all()] == ["new@example.com"]
