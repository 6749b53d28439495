"""A changed validity touches standing answers only by an act, after a preview (rules 2)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from consent_crm import dashboard
from persons import bulk, ledger, operations, validity
from persons.models import Act, Consent, ConsentEvent, Door, Operation
from purposes.models import Purpose, Wording
from tests.factories import PersonFactory, UserFactory

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC).replace(microsecond=0)
YEAR = timedelta(days=365)


@pytest.fixture
def admin(client):
    user = UserFactory(role="Privacy admin")
    client.force_login(user)
    return user


def answered(given_at, basis="61A", door=Door.PAGE, **facts):
    person = PersonFactory()
    answer = ledger.Answer(
        person_id=person.pk,
        purpose_id="EMARKETING",
        basis_id=basis,
        source_id="CHAT",
        given_at=given_at,
        comment="Said so at the fair.",
        **facts,
    )
    ledger.record(answer, by=ledger.Recorder(door=door))
    return person


def valid_for(months):
    Purpose.objects.filter(pk="EMARKETING").update(validity_months=months)
    return Purpose.objects.get(pk="EMARKETING")


def until(person):
    return Consent.objects.get(person=person).valid_until


def renewed(user):
    """The operation from its dry run to its end, as the worker would."""
    operation = bulk.prepare(*validity.update_of(Purpose.objects.get(pk="EMARKETING")), by=user)
    bulk.check(operation)
    bulk.start(operation)
    operations.go_on_with(operation)
    operation.refresh_from_db()
    return operation


def months_after(moment, months):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz + make_interval(months => %s)", [moment, months])
        return cursor.fetchone()[0]


def on():
    return Consent.objects.on().filter(purpose="EMARKETING").count()


def test_saving_a_validity_leaves_standing_answers_alone(client, admin):
    old = answered(NOW - 3 * YEAR)

    client.post(
        reverse("privacy:purpose", args=["EMARKETING"]),
        {"name": "E-marketing", "accepted_bases": ["61A", "61F"], "validity_months": "24"},
    )
    new = answered(NOW)

    assert until(old) is None
    assert until(new) == months_after(NOW, 24)


def test_by_an_act_each_answer_ends_by_the_new_validity_counted_from_when_it_was_given(admin):
    old, recent, said_no = answered(NOW - 3 * YEAR), answered(NOW - YEAR), answered(NOW - YEAR, "REFUSED")
    valid_for(24)
    foretold = validity.effect(Purpose.objects.get(pk="EMARKETING"), 24)
    before = on()

    operation = renewed(admin)

    assert foretold == (2, 2, 1, 0)
    assert before - on() == foretold.off_at_once
    assert (until(old), until(recent)) == (months_after(NOW - 3 * YEAR, 24), months_after(NOW - YEAR, 24))
    assert Consent.objects.get(person=said_no).basis_id == "REFUSED"
    assert (operation.state, operation.counts) == (Operation.State.DONE, {"recorded": 2})
    act = Act.objects.get(operation=operation)
    assert (act.reason, act.user, act.door) == ("validity", admin, Door.BULK)


def test_the_numbers_foretold_are_those_of_sql_by_hand(admin):
    for days in (10, 200, 400, 700, 1200):
        answered(NOW - timedelta(days=days))
    wording = Wording.objects.create(
        purpose_id="EMARKETING", language="en", number=1, approval_text="May we?", ask_again_by=NOW - YEAR
    )
    answered(NOW - 3 * YEAR, wording=wording)
    answered(NOW - timedelta(days=10), valid_until=NOW + timedelta(days=5))

    found = validity.effect(valid_for(12), 12)

    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*), count(*) FILTER (WHERE valid_until IS NULL),
                      count(*) FILTER (WHERE given_at + interval '12 months' <= now() AND wording_id IS NULL)
               FROM persons_consent WHERE purpose_id = 'EMARKETING'"""
        )
        assert found == (*cursor.fetchone(), 0)
    assert found == (7, 6, 3, 0)


def test_an_end_of_its_own_that_is_sooner_stays_and_others_are_made_longer(admin):
    valid_for(12)
    sooner = answered(NOW, valid_until=NOW + timedelta(days=30))
    by_validity, run_out = answered(NOW), answered(NOW - 2 * YEAR)
    valid_for(36)
    foretold = validity.effect(Purpose.objects.get(pk="EMARKETING"), 36)

    renewed(admin)

    assert until(sooner) == NOW + timedelta(days=30)
    assert until(by_validity) == months_after(NOW, 36)
    assert until(run_out) == months_after(NOW - 2 * YEAR, 36)
    assert foretold == (3, 2, 0, 1)


def test_without_a_validity_answers_have_no_end_again(admin):
    valid_for(12)
    person = answered(NOW)
    valid_for(None)

    renewed(admin)

    assert until(person) is None


def test_an_undated_answer_counts_from_when_it_was_first_recorded(admin):
    person = answered(None)
    recorded_at = Consent.objects.get(person=person).recorded_at
    valid_for(12)
    renewed(admin)
    valid_for(24)

    renewed(admin)

    assert until(person) == months_after(recorded_at, 24)


def test_everything_else_of_the_answer_stays_and_the_ledger_verifies(admin):
    person = answered(NOW, door=Door.FORM, file=ContentFile(b"a letter", "letter.pdf"))
    before = Consent.objects.select_related("event").get(person=person)
    valid_for(12)

    renewed(admin)

    after = Consent.objects.select_related("event__evidence").get(person=person)
    kept = ("basis_id", "source_id", "given_at", "wording_id", "force", "is_own")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    assert after.event.evidence.comment == "Said so at the fair."
    assert bytes(after.event.file_digest) == bytes(before.event.file_digest)
    assert after.event_id != before.event_id
    call_command("verify_ledger")


def test_a_second_time_changes_nothing(admin):
    answered(NOW)
    valid_for(12)
    renewed(admin)
    events = ConsentEvent.objects.count()

    assert renewed(admin).counts == {"same": 1}
    assert ConsentEvent.objects.count() == events


def test_it_is_undone_also_where_the_person_gave_the_answer(admin):
    own, staff = answered(NOW, door=Door.FORM), answered(NOW)
    valid_for(12)
    operation = renewed(admin)

    back = operations.undo(operation, by=ledger.Recorder(door=Door.BULK, user=admin, may_lift=True), reason="Too soon.")
    operations.go_on_with(back)

    assert (until(own), until(staff)) == (None, None)
    assert on() == 2


def test_it_is_no_new_answer_in_the_trend_of_home(admin):
    answered(NOW)
    before = dashboard.trend()
    valid_for(12)
    renewed(admin)

    assert dashboard.trend() == before


def test_the_page_leads_to_a_dry_run_first(client, admin):
    answered(NOW - 3 * YEAR)
    valid_for(24)

    effect = client.get(reverse("persons:validity_effect", args=["EMARKETING"]))
    dry_run = client.post(reverse("persons:renew_validity", args=["EMARKETING"]), follow=True)

    assert "<strong>1</strong> would be OFF at once." in effect.text
    assert "E-marketing: validity of standing answers" in dry_run.text
    assert Operation.objects.get().state == Operation.State.CHECKED
    assert on() == 1


@pytest.mark.parametrize("months", ["0", "-3", "1.5", "many", "99999"])
def test_what_is_no_validity_has_no_effect(client, admin, months):
    response = client.get(reverse("persons:validity_effect", args=["EMARKETING"]), {"validity_months": months})

    assert response.context["effect"] is None
