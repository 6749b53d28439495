"""Which persons the filters find; the same for page, API and selections."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from persons import ledger
from persons.filters import HELD_BACK, RECEIVE, PersonFilterSet, persons_asked_for
from persons.models import Door, Person
from persons.verdict import LET_IN, Code, Question, counts
from purposes.models import AcceptedBasis, PrivacySettings
from tests.factories import CompanyFactory, PersonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def record(person, basis, purpose="EMARKETING", **facts):
    given = ledger.Answer(
        person_id=person.pk,
        purpose_id=purpose,
        basis_id=basis,
        source_id="CHAT",
        given_at=timezone.now() - timedelta(days=9),
        comment="Said so on the phone.",
        **facts,
    )
    ledger.record(given, by=ledger.Recorder(door=Door.PAGE))


def subscribe(person, key="NEWS", *, is_active=True):
    given = ledger.subscription(
        is_active=is_active,
        person_id=person.pk,
        type_id=key,
        source_id="CHAT",
        given_at=timezone.now(),
        comment="Said so on the phone.",
    )
    ledger.record(given, by=ledger.Recorder(door=Door.PAGE))


def found(**asked):
    return set(persons_asked_for(asked))


# ---- search


@pytest.fixture
def ase():
    company = CompanyFactory(name="Blåbær & Straße AS")
    return PersonFactory(
        first_name="Åse", last_name="Jørgensen-Łukasz", email="ase@example.com", company=company, phone="+47 912 34 567"
    )


@pytest.mark.parametrize(
    "text",
    [
        "åse",
        "ASE",
        "Jørgensen",
        "jorgensen",
        "JØRGENSEN",
        "lukasz",
        "a\u030ase",  # as a Mac writes it
        "ase@example",
        "BLÅBÆR",
        "blabaer",
        "strasse",
        "Straße",
        "91234567",
        "912 34 567",
        "+47912",
        "rgen blåb 34567",
    ],
)
def test_search_finds_parts_of_name_address_company_and_phone_whatever_accents_and_case(ase, text):
    PersonFactory()

    assert found(q=text) == {ase}


@pytest.mark.parametrize("text", ["åse nobody", "100%", "_se", "\\"])
def test_search_wants_every_word_and_takes_signs_as_they_are(ase, text):
    assert found(q=text) == set()


def test_search_has_its_index(ase):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")

    plan = persons_asked_for({"q": "jørgensen"}).explain()

    assert "Bitmap Index Scan on person_search" in plan
    assert "Bitmap Index Scan on company_search" in plan


# ---- answers


def test_the_states_of_emarketing():
    on, stopped, expired, unaccepted, never = PersonFactory.create_batch(5)
    record(on, "61A")
    record(stopped, "OBJECTED")
    record(expired, "61A", valid_until=timezone.now() - timedelta(days=1))
    record(unaccepted, "61F")
    AcceptedBasis.objects.filter(purpose="EMARKETING", basis="61F").delete()

    assert found(emarketing="on") == {on}
    assert found(emarketing="off") == {stopped, expired, unaccepted, never}
    assert found(emarketing="withdrawn") == {stopped}
    assert found(emarketing="expired") == {expired}
    assert found(emarketing="never") == {never}


def test_subscriptions_active_and_ended():
    active, ended, other = PersonFactory.create_batch(3)
    subscribe(active)
    subscribe(ended, is_active=False)
    subscribe(other, "PROMOTIONS")

    assert (found(subscription="NEWS"), found(subscription="NEWS:ended")) == ({active}, {ended})


def test_those_without_a_basis_for_a_purpose():
    answered, missing = PersonFactory.create_batch(2)
    record(answered, "61F", "STORE")

    assert found(missing="STORE") == {missing}


def test_no_mailings_of_the_person_or_the_company():
    own, neither = PersonFactory(no_mailings=True), PersonFactory()
    theirs = PersonFactory(company=CompanyFactory(no_mailings=True))

    assert (found(no_mailings="yes"), found(no_mailings="no")) == ({own, theirs}, {neither})


def test_the_verdict_is_asked_whatever_it_is():
    on, stopped, retired = PersonFactory(), PersonFactory(), PersonFactory(former_employee=True)
    record(on, "61A")
    record(stopped, "WITHDRAWN")
    never = PersonFactory()

    assert found(verdict="yes") == {on}
    assert found(verdict="no") == {stopped, retired, never}
    assert {code: len(found(verdict=code)) for code in Code if found(verdict=code)} == counts(Question())
    PrivacySettings.objects.update(filter_recipients=False)
    assert found(verdict="not_filtered") == {never}


def test_the_verdicts_offered_are_all_that_there_can_be():
    elsewhere = {Code.OVERRIDE, Code.SINGLE, Code.DUPLICATE, Code.ADDRESS_CHANGED}

    assert set(RECEIVE) | set(HELD_BACK) == set(Code) - elsewhere
    assert set(RECEIVE) == LET_IN - elsewhere


# ---- facts, and where numbers of other pages lead


def test_company_and_country():
    norwegian = PersonFactory(country="Norway", company=CompanyFactory(name="Fjordkraft"))
    PersonFactory(country="Sweden")

    assert found(company="FJORD") == found(country="Norway") == {norwegian}


def test_only_countries_in_use_are_offered_each_once():
    for country in ("Sweden", "Norway", "Norway", ""):
        PersonFactory(country=country)

    assert Person.objects.countries() == ["Norway", "Sweden"]


def test_a_purpose_on_and_the_bases_it_rests_on():
    consenting, interested, stopped = PersonFactory.create_batch(3)
    record(consenting, "61A")
    record(interested, "61F")
    record(stopped, "WITHDRAWN")

    assert found(on="EMARKETING") == {consenting, interested}
    assert found(resting_on="EMARKETING:61F,61B") == {interested}


def test_those_whom_only_the_filter_keeps_out():
    on, stopped, never = PersonFactory.create_batch(3)
    record(on, "61A")
    record(stopped, "WITHDRAWN")

    assert found(only_without_filter="1") == {never}


def test_filters_narrow_together():
    kari, ola = PersonFactory(country="Norway"), PersonFactory(first_name="Ola", email="", country="Norway")
    record(kari, "61A")
    record(ola, "61A")

    assert found(q="kari", country="Norway", emarketing="on") == {kari}


def test_who_is_merged_or_erased_is_never_found():
    kept = PersonFactory()
    PersonFactory(email="", merged_into=kept)
    PersonFactory(email="", erased_at=timezone.now())

    assert found() == {kept}


@pytest.mark.parametrize(
    "asked", [{"emarketing": "maybe"}, {"on": "NOTHING"}, {"verdict": "x"}, {"country": "Atlantis"}]
)
def test_a_filter_that_makes_no_sense_finds_nobody(asked):
    PersonFactory()

    assert (found(**asked), PersonFilterSet(asked).is_valid()) == (set(), False)


def test_the_filters_in_force_are_said_in_words():
    PersonFactory(country="Norway")
    asked = {
        "q": "kari",
        "emarketing": "withdrawn",
        "subscription": "NEWS:ended",
        "verdict": "no_consent",
        "country": "Norway",
        "resting_on": "EMARKETING:61F,61B",
        "company": "",
    }

    assert PersonFilterSet(asked).active == {
        "q": "kari",
        "emarketing": "OFF, the person said no",
        "subscription": "News, ended",
        "verdict": "No consent",
        "country": "Norway",
        "resting_on": "E-marketing, Contract, Legitimate interest",
    }
