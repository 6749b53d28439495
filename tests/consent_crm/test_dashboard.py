"""Home: what it counts, and that everybody sees only what they may."""

import re
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from consent_crm import dashboard
from mailings.models import Mailing
from persons import ledger, sealing
from persons.ledger import Answer, Recorder
from persons.models import Consent, ConsentEvent, Door, Person
from persons.undoing import undo
from tests.factories import PersonFactory, UserFactory

pytestmark = pytest.mark.django_db


def say(person, basis, *, given_at=None, door=Door.PAGE, **facts):
    facts = {"purpose_id": "EMARKETING", "source_id": "USER", "comment": "Said so at the fair."} | facts
    answer = Answer(person_id=person.pk, basis_id=basis, given_at=given_at or timezone.now(), **facts)
    return ledger.record(answer, by=Recorder(door=door))


def parts_of(key):
    found = next(row for row in dashboard.coverage() if row.purpose.pk == key)
    return {part.label: part.number for part in found.parts}


def test_everybody_is_in_one_part_of_each_bar():
    on, stopped, expired = PersonFactory.create_batch(3)
    PersonFactory.create_batch(2)
    PersonFactory(email="", erased_at=timezone.now())
    long_ago = timezone.now() - timedelta(days=400)
    say(on, "61A")
    say(stopped, "WITHDRAWN")
    say(expired, "61A", given_at=long_ago, valid_until=long_ago + timedelta(days=365))

    assert parts_of("EMARKETING") == {"ON": 1, "Said no": 1, "Expired": 1, "Not accepted": 0, "Never asked": 2}
    assert parts_of("STORE") == {"ON": 0, "Said no": 0, "Expired": 0, "Not accepted": 0, "Never asked": 5}


def test_a_number_leads_to_exactly_those_persons(client):
    long_ago = timezone.now() - timedelta(days=400)
    PersonFactory.create_batch(2)
    say(PersonFactory(), "61A")
    for _ in range(3):
        say(PersonFactory(), "OBJECTED")
    for _ in range(4):
        say(PersonFactory(), "61A", given_at=long_ago, valid_until=long_ago + timedelta(days=365))
    client.force_login(UserFactory(role="Reader"))

    found = next(row for row in dashboard.coverage() if row.purpose.pk == "EMARKETING")

    for part in found.parts:
        listed = set(re.findall(r'href="/persons/(\d+)/"', client.get(part.url).text))
        assert (part.label, len(listed)) == (part.label, part.number)


def test_the_trend_counts_by_the_month_in_which_it_was_given():
    this_month = timezone.localdate().replace(day=1)
    before = timezone.now() - timedelta(days=40)
    one, other = PersonFactory.create_batch(2)
    say(one, "61A", given_at=before)
    say(one, "WITHDRAWN")
    say(other, "61F")
    say(PersonFactory(), "61A", given_at=before - timedelta(days=3 * 365))

    rows = dict(dashboard.trend().rows)

    assert rows[this_month] == (1, 1)
    assert rows[timezone.localdate(before).replace(day=1)] == (1, 0)
    assert [sum(column) for column in zip(*rows.values(), strict=True)] == [2, 1]


def test_what_was_taken_back_does_not_count():
    written = say(PersonFactory(), "WITHDRAWN")
    by = Recorder(door=Door.PAGE, may_lift=True)
    undo(ConsentEvent.objects.filter(pk=written.event_id), by=by, reason="Recorded by mistake")

    assert ConsentEvent.objects.count() == 2
    assert not Consent.objects.exists()
    assert sum(sum(numbers) for _month, numbers in dashboard.trend().rows) == 0


def test_the_months_go_over_the_turn_of_the_year():
    months = dashboard.last_months(date(2026, 2, 28))

    assert (months[0], months[-1], len(months)) == (date(2024, 3, 1), date(2026, 2, 1), 24)


def test_a_mailing_says_how_many_it_went_to_and_was_held_back_from():
    Mailing.objects.create(name="Draft", subject="News")
    mailing = Mailing.objects.create(name="News", subject="News", body="<p>News</p>", state="paused")
    for state, claim in [("held_back", None), ("sent", 1), ("sent", 1)]:
        person = PersonFactory.create()
        mailing.recipients.create(
            person=person,
            address=person.address,
            address_hash=person.address_hash,
            one_per_address=True,
            code="consent",
            state=state,
            claim=claim,
            claimed_at=timezone.now() if claim else None,
        )

    row, draft = dashboard.latest_mailings()

    assert (row.mailing, row.sent, row.held_back, row.mailing.sign) == (mailing, 2, 1, "expired")
    assert (draft.sent, draft.held_back) == (None, None)


def test_the_ledger_says_how_far_it_is_sealed():
    assert dashboard.ledger() == dashboard.Ledger(None, "", 0, "none")
    say(PersonFactory(), "61A")
    assert dashboard.ledger().waiting == 1

    sealing.seal()

    assert (dashboard.ledger().waiting, dashboard.ledger().head) == (0, sealing.verify().head)


def test_home_says_when_the_ledger_was_last_verified_and_whether_it_was_whole():
    assert dashboard.ledger().check is None
    call_command("verify_ledger", stdout=StringIO())
    assert dashboard.ledger().check.is_whole

    with pytest.raises(SystemExit):
        call_command("verify_ledger", anchor="00", stdout=StringIO())

    assert not dashboard.ledger().check.is_whole


PERSONS, MAILINGS, WORKER, LEDGER = "Who has answered what", "Latest mailings", "Not running", "Nothing is sealed yet"


@pytest.mark.parametrize(
    ("rights", "parts"),
    [
        ([], set()),
        (["persons.view_person"], {PERSONS}),
        (["mailings.view_mailing"], {MAILINGS, WORKER}),
        (["persons.view_seal"], {LEDGER}),
        (["persons.view_person", "mailings.view_mailing", "persons.view_seal"], {PERSONS, MAILINGS, WORKER, LEDGER}),
    ],
)
def test_everybody_sees_only_what_they_may(client, rights, parts):
    PersonFactory()
    client.force_login(UserFactory(rights=rights))

    text = client.get(reverse("home")).text

    assert {part for part in (PERSONS, MAILINGS, WORKER, LEDGER) if part in text} == parts


def test_without_persons_home_says_what_to_do_first(client):
    client.force_login(UserFactory(role="Sales"))
    text = client.get(reverse("home")).text
    client.force_login(UserFactory(role="Reader"))
    to_a_reader = client.get(reverse("home")).text

    assert ("There are no persons yet." in text, "Import a file" in text) == (True, True)
    assert ("There are no persons yet." in to_a_reader, "Import a file" in to_a_reader) == (True, False)


@pytest.mark.parametrize("number", [1, 3])
def test_home_asks_the_same_number_of_questions_however_much_there_is(client, django_assert_num_queries, number):
    for _ in range(number):
        say(PersonFactory(), "61A")
        Mailing.objects.create(name="News", subject="News", body="<p>News</p>", state="sent")
    sealing.seal()
    client.force_login(UserFactory(role="Privacy admin"))
    assert Person.objects.count() == number

    with django_assert_num_queries(16):
        client.get(reverse("home"))
