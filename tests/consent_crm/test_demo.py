"""The demo: every state is there, nobody in it is real, and it is the same on every run."""

import re
from random import Random

import pytest
from django.db import transaction
from django.db.models import Count, Q

from consent_crm import demo
from consent_crm.demo.people import invented, workplaces
from consent_crm.demo.sendings import today
from mailings import audience
from mailings.models import Mailing, Recipient
from persons import sealing, verdict
from persons.models import Company, Consent, ConsentEvent, Deliverability, Door, Person, Subscription, Suppression
from persons.verdict import Code, Question
from purposes.models import AcceptedBasis, Purpose, Wording

RESERVED = re.compile(r"@(.+\.)?example\.(com|org|net)\Z")


@pytest.fixture(scope="module")
def told(django_db_setup, django_db_blocker):
    """The demo, told once for all the tests that only look at it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield demo.load(1_200)
        transaction.set_rollback(True)


@pytest.fixture
def persons(told, db):
    return Person.objects.all()


def test_there_are_as_many_as_were_asked_for(persons, told):
    assert (persons.count(), Company.objects.count()) == (1_200, 180)
    assert told == {"persons": 1_200, "companies": 180, "mailings": Mailing.objects.count()}


def test_nobody_can_be_reached(persons):
    addresses = list(persons.exclude(address=None).values_list("address", flat=True))

    assert len(addresses) > 1_000
    assert [address for address in addresses if not RESERVED.search(address)] == []


def test_six_languages_are_spoken(persons):
    assert set(persons.values_list("language", flat=True)) == {"en", "nb", "sv", "da", "de", "nl"}


@pytest.mark.parametrize("standing", Consent.Standing.values)
def test_e_marketing_stands_in_every_way(persons, standing):
    answers = Consent.objects.with_standing().filter(purpose="EMARKETING", standing=standing)

    assert answers.count() >= 5


def test_e_marketing_rests_on_every_basis_and_stop(persons):
    answers = Consent.objects.on().filter(purpose="EMARKETING")
    stops = Consent.objects.filter(purpose="EMARKETING", basis__allows=False)

    assert set(answers.values_list("basis", flat=True)) == {"61A", "61F"}
    assert set(stops.values_list("basis", flat=True)) == {"WITHDRAWN", "OBJECTED", "REFUSED"}
    assert set(stops.values_list("is_own", flat=True)) == {True, False}


@pytest.mark.parametrize(
    "code", sorted(set(Code) - {"override", "not_filtered", "single", "duplicate", "address_changed"})
)
def test_every_verdict_is_given_to_somebody(persons, code):
    given = {key for type_ in (None, "NEWS") for key in verdict.counts(Question(type=type_))}

    assert code in given


def test_some_wordings_have_to_be_asked_again(persons):
    asked = Wording.objects.filter(ask_again_by__isnull=False)

    assert {wording.ask_again_by > today() for wording in asked} == {True, False}
    assert all(ConsentEvent.objects.filter(wording=wording).exists() for wording in asked)
    assert Wording.objects.filter(purpose="EMARKETING", number=2).count() == 6


def test_the_own_purposes_are_answered_too(persons):
    for key in ("SMS", "SHAREWITHTHIRDPARTY"):
        assert Consent.objects.on().filter(purpose=key).count() >= 20
    assert not AcceptedBasis.objects.filter(purpose="EMARKETING", basis="61B").exists()
    assert Purpose.objects.get(pk="SMS").validity_months == 24


def test_subscriptions_are_active_and_ended(persons):
    by_type = Subscription.objects.values("type").annotate(
        active=Count("pk", filter=Q(is_active=True)), ended=Count("pk", filter=Q(is_active=False))
    )

    assert {row["type"] for row in by_type} == {"NEWS", "INVITATIONS", "PROMOTIONS"}
    assert all(row["active"] > row["ended"] > 0 for row in by_type)


def test_addresses_are_missing_invalid_shared_blocked_and_bounced(persons):
    shared = persons.exclude(address=None).values("address").annotate(n=Count("pk")).filter(n__gt=1)

    assert persons.filter(email="").exists()
    assert persons.exclude(email="").filter(address=None).exists()
    assert shared.exists()
    assert set(Suppression.objects.standing().values_list("reason", flat=True)) == {"complaint", "admin"}
    assert {row.failed_at is None for row in Deliverability.objects.bounced()} == {True, False}
    assert persons.filter(no_mailings=True).exists()
    assert persons.filter(former_employee=True).exists()
    assert Company.objects.filter(no_mailings=True).exists()


def test_answers_came_through_every_door_of_theirs(persons):
    doors = set(ConsentEvent.objects.values_list("act__door", flat=True))

    assert doors == {Door.IMPORT, Door.PAGE, Door.FORM, Door.API, Door.LINK, Door.ONE_CLICK, Door.COMPLAINT}


def test_no_answer_was_refused_that_the_story_tells(persons):
    """A refused one would leave a hole: e-marketing of the persons whom the company knew at that time."""
    assert Consent.objects.filter(purpose="STORE").count() > 1_050
    assert ConsentEvent.objects.filter(given_at__gt=today()).count() == 0


def test_the_ledger_is_whole_and_sealed(persons):
    found = sealing.verify()

    assert (found.first_problem, found.events) == ("", ConsentEvent.objects.count())


def test_some_left_by_the_link_of_a_mailing(persons):
    assert Recipient.objects.filter(link__left_at__isnull=False, state="sent").exists()


def test_mailings_and_recipients_are_in_every_state(persons):
    assert set(Mailing.objects.values_list("state", flat=True)) == {"draft", "sent", "paused", "cancelled"}
    states = set(Recipient.objects.values_list("state", flat=True))
    assert states == set(Recipient.State) - {Recipient.State.CLAIMED}


def test_a_mailing_reached_whom_the_company_knew_then(persons):
    for mailing in Mailing.objects.filter(to_everybody=True, built_at__isnull=False):
        known = persons.filter(created_at__lt=mailing.created_at).count()
        assert audience.numbers(mailing)["total"] == known > 0


def test_what_was_sent_rests_on_a_link_and_an_answer_of_the_server(persons):
    sent = Recipient.objects.filter(state=Recipient.State.SENT)

    assert sent.exclude(answer__startswith="250 ").count() == 0
    assert sent.filter(link=None).count() == 0
    assert sent.filter(claimed_at__gte=today()).count() == 0


def test_who_left_between_building_and_sending_was_held_back(persons):
    assert Recipient.objects.filter(state="held_back", claimed_at__isnull=False).exists()


def test_a_dead_address_is_mailed_once(persons):
    failed = Recipient.objects.filter(state="failed", answer__startswith="550 5.1.1")
    dead = failed.values("address_hash").annotate(n=Count("pk"))

    assert dead.count() >= 10
    assert dead.filter(n__gt=1).count() == 0


def test_the_same_persons_are_invented_every_time():
    def names():
        chance = Random(7)  # noqa: S311 - not a secret
        return [str(one.person) + one.person.email for one in invented(50, workplaces(8, chance), today(), chance)]

    assert names() == names()
