from hashlib import sha256

import pytest
from django.utils import timezone

from mailings import audience, steering
from mailings.claims import Claimer, Outcome, note, question_of, release
from mailings.diagnosis import Bounce
from mailings.models import Recipient
from persons import verdict
from persons.ledger import Answer, Recorder, record
from persons.models import Deliverability, Door, LinkToken, Suppression
from purposes.models import AcceptedBasis, PrivacySettings
from tests.factories import CompanyFactory, PersonFactory, UserFactory
from tests.mailings.making import agree, answer, mailing, persons, started, subscribe, withdraw

pytestmark = pytest.mark.django_db


def claim(made, size=20):
    return Claimer(made).claim(size)


def codes(made):
    return set(made.recipients.values_list("state", "code"))


def test_a_claim_takes_the_next_ones_in_order_and_says_when():
    many = persons(5)
    agree(*many)
    made = started()
    claimer = Claimer(made)

    first, second = claimer.claim(3), claimer.claim(3)

    assert [one.person_id for one in first.recipients + second.recipients] == [person.pk for person in many]
    assert first.number != second.number
    assert set(made.recipients.values_list("claim", flat=True)) == {first.number, second.number}
    assert made.recipients.filter(state="claimed", claimed_at__isnull=False).count() == 5
    assert not claimer.claim(3)


def withdrawn(person):
    withdraw(person)


def suppressed(person):
    Suppression.objects.create(address_hash=person.address_hash, reason="admin")


def bounced(person):
    Deliverability.objects.create(address_hash=person.address_hash, failed_at=timezone.now())


def former(person):
    person.former_employee = True
    person.save()


def in_a_quiet_company(person):
    person.company = CompanyFactory(no_mailings=True)
    person.save()


def unsubscribed(person):
    answer(person, type_id="NEWS", basis_id="WITHDRAWN")


def moved(person):
    person.email = "new@example.com"
    person.save()


def without_address(person):
    person.email = "?"
    person.save()


def shared_with_somebody_who_said_no(person):
    withdraw(PersonFactory(email=person.email))


@pytest.mark.parametrize(
    ("happens", "code"),
    [
        (withdrawn, "withdrawn"),
        (unsubscribed, "unsubscribed"),
        (suppressed, "suppressed"),
        (bounced, "bounced"),
        (former, "retired"),
        (in_a_quiet_company, "no_mailings"),
        (moved, "address_changed"),
        (without_address, "no_address"),
        (shared_with_somebody_who_said_no, "shared_address"),
    ],
)
def test_what_happens_between_building_and_sending_is_heeded(happens, code):
    (person,) = persons(1)
    agree(person)
    made = started()
    happens(person)

    taken = claim(made)

    assert (taken.recipients, taken.held_back) == ([], 1)
    assert codes(made) == {("held_back", code)}
    assert not LinkToken.objects.exists()


def test_a_control_shows_the_race_when_the_verdict_is_not_asked_again():
    (person,) = persons(1)
    agree(person)
    made = started()
    withdraw(person)
    claimer = Claimer(made)
    asked_again = verdict.judged(question_of(made), "SELECT person_id FROM mine")[0]
    remembered = """
        SELECT person_id, address, address_hash, code, event_id, true AS rests_on_consent
        FROM mailings_recipient WHERE id IN (SELECT id FROM mine)"""
    claimer.statements = {size: sql.replace(asked_again, remembered) for size, sql in claimer.statements.items()}

    assert len(claimer.claim(1).recipients) == 1


def test_the_setting_of_the_moment_counts():
    persons(1)
    PrivacySettings.objects.update(filter_recipients=False)
    made = started()
    assert codes(made) == {("waiting", "not_filtered")}
    PrivacySettings.objects.update(filter_recipients=True)

    claim(made)

    assert codes(made) == {("held_back", "no_consent")}


def test_the_verdict_at_hand_over_can_only_hold_back():
    (person,) = persons(1)
    other = PersonFactory()
    agree(other)
    made = started()
    agree(person)

    claim(made)

    assert made.recipients.get(person=person).state == "held_back"


def test_an_override_holds():
    persons(1)
    made = mailing(override_reason="Recall of a product", override_by=UserFactory(), override_at=timezone.now())
    audience.build(made)
    steering.start(made)

    claim(made)

    assert codes(made) == {("claimed", "override")}


def test_the_row_keeps_the_verdict_of_the_hand_over():
    (person,) = persons(1)
    agree(person)
    made = started()
    subscribe(person)
    PrivacySettings.objects.update(filter_recipients=True)
    AcceptedBasis.objects.filter(purpose="EMARKETING", basis="61A").delete()

    claim(made)

    row = made.recipients.get()
    assert (row.state, row.code, row.event) == ("claimed", "subscription", person.subscriptions.get().event)


# ---- what one click ends (rules 5.3)


def agreed(person):
    agree(person)


def customer(person):
    agree(person, basis="61F")


def reader(person):
    subscribe(person)


def nothing(person):
    PrivacySettings.objects.update(filter_recipients=False)


@pytest.mark.parametrize(
    ("stands", "type", "ends"),
    [
        (agreed, "NEWS", ("NEWS", None)),
        (reader, "NEWS", ("NEWS", None)),
        (customer, "NEWS", (None, "EMARKETING")),
        (nothing, "NEWS", (None, "EMARKETING")),
        (agreed, None, (None, "EMARKETING")),
        (reader, None, (None, "EMARKETING")),
    ],
)
def test_what_one_click_ends_is_stored_by_the_claim(stands, type, ends):
    (person,) = persons(1)
    stands(person)
    made = started(type_id=type, language="da")

    (taken,) = claim(made).recipients

    link = LinkToken.objects.get(token_hash=sha256(taken.token.encode()).digest())
    assert (link.subscription_type_id, link.purpose_id) == ends
    assert (link.person, bytes(link.address_hash), link.language) == (person, bytes(person.address_hash), "da")
    assert link.recipient.pk == taken.id
    assert taken.one_click


@pytest.mark.parametrize(("basis", "ends"), [("61A", "STORE"), ("61F", "STORE"), ("61B", None), ("61C", None)])
def test_a_service_mailing_can_be_stopped_where_it_rests_on_consent_or_interest(basis, ends):
    (person,) = persons(1)
    answer(person, purpose_id="STORE", basis_id=basis)
    made = started(kind="service", type_id=None, purpose_id="STORE", service_reason="Delivery delayed")

    (taken,) = claim(made).recipients

    assert (LinkToken.objects.get().purpose_id, taken.one_click) == (ends, ends is not None)


# ---- what became of them


def claimed(number=1):
    many = persons(number)
    agree(*many)
    made = started()
    taken = claim(made)
    return made, taken


def test_an_outcome_is_written_only_under_its_claim():
    made, taken = claimed()

    note(made, taken.number + 1, [Outcome(taken.recipients[0].id, Recipient.State.SENT, "250 ok")])
    assert made.recipients.get().state == "claimed"

    note(made, taken.number, [Outcome(taken.recipients[0].id, Recipient.State.SENT, "250 ok")])
    row = made.recipients.get()
    assert (row.state, row.answer, row.attempts) == ("sent", "250 ok", 1)


def test_who_is_tried_again_waits_and_is_judged_anew():
    made, taken = claimed()

    note(made, taken.number, [Outcome(taken.recipients[0].id, Recipient.State.WAITING, "451 later", retry_in=60)])

    row = made.recipients.get()
    assert (row.state, row.attempts, row.answer, row.claim) == ("waiting", 1, "451 later", None)
    assert not claim(made)
    made.recipients.update(retry_at=timezone.now())
    withdraw(row.person)
    claim(made)
    assert codes(made) == {("held_back", "withdrawn")}


def test_who_was_not_begun_with_waits_uncounted():
    made, taken = claimed()

    note(made, taken.number, [Outcome(taken.recipients[0].id, Recipient.State.WAITING)])

    row = made.recipients.get()
    assert (row.state, row.attempts, row.retry_at) == ("waiting", 0, None)
    assert len(claim(made).recipients) == 1


def test_the_link_of_an_earlier_attempt_goes_on_working():
    made, taken = claimed()
    note(made, taken.number, [Outcome(taken.recipients[0].id, Recipient.State.WAITING, "451 later", retry_in=0)])

    (again,) = claim(made).recipients

    assert again.token != taken.recipients[0].token
    assert LinkToken.objects.count() == 2


def test_no_such_address_is_a_fact_about_the_address():
    made, taken = claimed()
    (one,) = taken.recipients

    note(made, taken.number, [
        Outcome(one.id, Recipient.State.FAILED, "550 5.1.1 nobody", bounce=Bounce.NO_SUCH_ADDRESS,
                address_hash=one.address_hash),
    ])  # fmt: skip

    fact = Deliverability.objects.get(address_hash=one.address_hash)
    assert (bool(fact.failed_at), fact.diagnosis) == (True, "550 5.1.1 nobody")
    assert not one_has_answers(made)


def one_has_answers(made):
    return made.recipients.get().person.events.filter(basis_after__allows=False).exists()


def test_a_claim_whose_answer_was_lost_is_given_back():
    made, taken = claimed(3)

    release(taken.number)

    assert len(claim(made).recipients) == 3


def test_a_withdrawal_by_the_person_is_heeded_by_the_very_next_claim():
    one, two = persons(2)
    agree(one, two)
    made = started()
    claimer = Claimer(made)
    claimer.claim(1)

    by = Recorder(door=Door.ONE_CLICK)
    record(Answer(person_id=two.pk, type_id="NEWS", basis_id="WITHDRAWN", source_id="EMAIL"), by=by)

    assert claimer.claim(1).recipients == []
