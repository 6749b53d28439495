"""Rules 4.1 to 4.9, sentence by sentence: what becomes of an answer, and what is written."""

import hashlib
import itertools
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DataError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from persons import ledger
from persons.ledger import Answer, Outcome, Recorder, Refused, subscription
from persons.models import Act, Consent, ConsentEvent, Door, Evidence, Operation, Person, Subscription
from persons.undoing import undo
from purposes.models import AcceptedBasis, LegalBasis, Purpose, SubscriptionType, Wording
from tests.factories import PersonFactory, UserFactory

RECORDED, LATE, SAME, KEPT = Outcome.RECORDED, Outcome.LATE, Outcome.SAME, Outcome.KEPT
STOP_STANDS, NO_PROOF = Outcome.STOP_STANDS, Outcome.NO_PROOF
STOPS = ["WITHDRAWN", "OBJECTED", "REFUSED"]
SAID_SO = "Said so at the fair."
TODAY = datetime.now(UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def evidence_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def kari():
    return PersonFactory()


@pytest.fixture
def wording():
    return Wording.objects.create(purpose_id="EMARKETING", language="en", number=1, approval_text="May we write?")


def on_day(day: int | None) -> datetime | None:
    """A day of the story, which ends on day 100, today."""
    return TODAY + timedelta(days=day - 100) if day is not None else None


def answer(person, basis="61A", day: int | None = 10, **facts) -> Answer:
    facts = {"source_id": "WEBFORM", "comment": SAID_SO, "given_at": on_day(day)} | facts
    if "type_id" not in facts:
        facts.setdefault("purpose_id", "EMARKETING")
    return Answer(person_id=person.pk, basis_id=basis, **facts)


def write(*answers: Answer, door=Door.IMPORT, **recorder) -> list[Outcome]:
    return [written.outcome for written in ledger.record_many(answers, by=Recorder(door=door, **recorder))]


def say(person, basis="61A", day: int | None = 10, *, door=Door.IMPORT, may_lift=False, **facts) -> Outcome:
    return write(answer(person, basis, day, **facts), door=door, may_lift=may_lift)[0]


def standing(person, purpose="EMARKETING") -> Consent:
    return Consent.objects.get(person=person, purpose=purpose)


def basis_of(person, purpose="EMARKETING") -> str:
    return standing(person, purpose).basis_id


def a_file(text="We met at the fair, and she signed."):
    return ContentFile(text.encode(), name="letter.txt")


def content_of(event: ConsentEvent) -> bytes:
    with event.evidence.file.open() as file:
        return file.read()


def what_is_written() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Act, ConsentEvent, Evidence, Consent, Subscription))


def clock() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


# ---- one way to write (4.1)


def test_an_act_keeps_who_expressed_it_and_who_recorded_it(kari):
    user, operation = UserFactory(), Operation.objects.create(kind=Operation.Kind.IMPORT)
    by = {"door": Door.API, "user": user, "token": "key-1", "reason": "fair", "request_id": "r-1"}

    ledger.record(
        answer(kari), by=Recorder(**by, expressed_by=Act.ExpressedBy.GUARDIAN, operation=operation, own_acts=True)
    )

    act = Act.objects.get()
    assert {name: getattr(act, name) for name in by} == by
    assert (act.expressed_by, act.operation, act.is_own_door) == (Act.ExpressedBy.GUARDIAN, operation, True)


def test_one_transaction_writes_one_act_with_its_events_and_brings_what_stands_up_to_date():
    persons = PersonFactory.create_batch(3)

    outcomes = write(*(answer(person) for person in persons), *(answer(person, type_id="NEWS") for person in persons))

    assert outcomes == [RECORDED] * 6
    assert what_is_written() == (1, 6, 6, 3, 3)
    for row in [*Consent.objects.all(), *Subscription.objects.all()]:
        event = row.event
        assert (row.person_id, row.given_at, row.source_id) == (event.person_id, event.given_at, event.source_id)
        assert (row.recorded_at, row.force, row.wording_id) == (event.act.recorded_at, event.force, event.wording_id)


def test_an_event_says_from_what_to_what(kari):
    say(kari, "61F", 10)
    say(kari, "WITHDRAWN", 20)

    events = ConsentEvent.objects.order_by("id").values_list("basis_before", "basis_after")

    assert list(events) == [(None, "61F"), ("61F", "WITHDRAWN")]


def test_of_a_subscription_an_event_says_consent_or_withdrawn(kari):
    by = Recorder(door=Door.IMPORT)
    facts = {"person_id": kari.pk, "type_id": "NEWS", "source_id": "EMAIL", "comment": SAID_SO}

    ledger.record(subscription(is_active=True, given_at=on_day(10), **facts), by=by)
    ledger.record(subscription(is_active=False, given_at=on_day(20), **facts), by=by)

    events = ConsentEvent.objects.order_by("id").values_list("basis_before", "basis_after")
    assert list(events) == [(None, "61A"), ("61A", "WITHDRAWN")]
    assert Subscription.objects.get().is_active is False


def test_what_is_refused_is_reported_in_the_order_of_the_answers():
    stopped, proven, unproven = PersonFactory.create_batch(3)
    say(stopped, "WITHDRAWN", 5)

    assert write(answer(stopped), answer(unproven, comment=""), answer(proven)) == [STOP_STANDS, NO_PROOF, RECORDED]


def test_several_answers_of_one_person_on_one_matter_meet_each_other_in_their_order(kari):
    ola = PersonFactory()

    outcomes = write(answer(kari, "61A", 10), answer(kari, "WITHDRAWN", 20), answer(kari, "61F", 30), answer(ola))

    assert outcomes == [RECORDED, RECORDED, STOP_STANDS, RECORDED]
    assert what_is_written() == (1, 3, 3, 2, 0)


def test_nothing_at_all_is_written_where_nothing_changes(kari):
    ola = PersonFactory()
    say(kari)
    before = what_is_written()

    assert write(answer(kari), answer(ola, comment="")) == [SAME, NO_PROOF]

    assert what_is_written() == before


def test_one_answer_that_is_refused_says_why_and_at_which_field(kari):
    with pytest.raises(Refused, match="ten characters") as refused:
        ledger.record(answer(kari, comment="yes"), by=Recorder(door=Door.PAGE))

    assert (refused.value.outcome, refused.value.outcome.field) == (NO_PROOF, "comment")


def test_every_refusal_and_nothing_else_counts_as_one():
    refusals = {outcome for outcome in Outcome if outcome.is_refusal}

    assert refusals == {STOP_STANDS, NO_PROOF, Outcome.NOT_ACCEPTED, Outcome.INACTIVE, Outcome.FUTURE, Outcome.GONE}


def test_when_the_transaction_fails_no_act_and_no_answer_stays(kari):
    with transaction.atomic():
        say(kari)
        transaction.set_rollback(True)

    assert what_is_written() == (0, 0, 0, 0, 0)


def test_no_answers_are_no_act():
    assert ledger.record_many([], by=Recorder(door=Door.API)) == []
    assert Act.objects.count() == 0


def test_an_act_touches_five_thousand_persons_at_most(kari):
    ledger.lock(range(5_000))
    answers = [
        Answer(person_id=number, purpose_id="STORE", basis_id="61F", source_id="USER") for number in range(5_001)
    ]

    with pytest.raises(ValueError, match="5000 persons at most, not 5001"):
        ledger.record_many(answers, by=Recorder(door=Door.BULK))

    assert Act.objects.count() == 0


@pytest.mark.parametrize("other", [
    {"basis": "61F"}, {"source_id": "EMAIL"}, {"comment": "Said so on the phone."}, {"day": 11}, {"wording": True},
], ids=str)  # fmt: skip
def test_an_answer_is_equal_in_basis_source_comment_wording_and_day(kari, wording, other):
    say(kari, "61A", 10)
    other = other | ({"wording": wording} if "wording" in other else {})

    assert say(kari, "61A", 10) == SAME
    assert say(kari, **({"basis": "61A", "day": 10} | other)) != SAME


@pytest.mark.parametrize("other", [
    {"basis": "61F"}, {"source_id": "EMAIL"}, {"comment": "Said so on the phone."}, {"day": 11}, {"wording": True},
], ids=str)  # fmt: skip
def test_an_answer_equal_to_one_kept_late_is_known(kari, wording, other):
    say(kari, "61A", 20)
    other = other | ({"wording": wording} if "wording" in other else {})

    assert say(kari, "61A", 10) == LATE
    assert say(kari, "61A", 10) == SAME
    assert say(kari, **({"basis": "61A", "day": 10} | other)) == LATE


def test_an_older_answer_that_stood_for_a_time_is_known_and_not_kept_a_second_time(kari):
    say(kari, "61A", 10)
    say(kari, "WITHDRAWN", 20)
    say(kari, "61F", 30, door=Door.FORM)

    assert [say(kari, "61A", 10), say(kari, "WITHDRAWN", 20)] == [SAME, SAME]


def test_what_is_known_about_one_matter_is_not_known_about_another(kari):
    for about in ({"purpose_id": "EMARKETING"}, {"purpose_id": "STORE"}, {"type_id": "NEWS"}, {"type_id": "URGENT"}):
        assert [say(kari, day=day, **about) for day in (20, 10, 20, 10)] == [RECORDED, LATE, SAME, SAME]


@pytest.mark.parametrize(("stands", "comes"), list(itertools.product(STOPS, STOPS)))
def test_an_undated_stop_equals_any_standing_stop(kari, stands, comes):
    say(kari, stands, 10)

    assert say(kari, comes, None, source_id="EMAIL") == SAME
    assert basis_of(kari) == stands


def test_an_undated_allowance_equals_the_standing_one_of_its_basis(kari):
    say(kari, "61A", 10)

    assert say(kari, "61A", None, source_id="EMAIL", comment="Another proof of it.") == SAME
    assert say(kari, "61F", None) == LATE


def test_a_file_as_evidence_is_kept_although_all_else_is_equal(kari):
    say(kari, door=Door.PAGE)

    assert say(kari, door=Door.PAGE, file=a_file()) == RECORDED
    assert content_of(standing(kari).event) == a_file().read()


def test_only_if_none_leaves_alone_whatever_stands(kari):
    ola = PersonFactory()
    say(kari, "WITHDRAWN", 10)

    outcomes = write(answer(kari, "61A", 20, only_if_none=True), answer(ola, "61A", 20, only_if_none=True))

    assert outcomes == [KEPT, RECORDED]
    assert basis_of(kari) == "WITHDRAWN"


@pytest.mark.parametrize("leaves", ["erased_at", "merged_into"])
def test_nothing_is_recorded_for_somebody_who_is_gone(kari, leaves):
    value = {"erased_at": TODAY, "merged_into": PersonFactory()}[leaves]
    Person.objects.filter(pk=kari.pk).update(address=None, address_hash=None, **{leaves: value})

    assert say(kari, "WITHDRAWN") == Outcome.GONE


# ---- a stop stands (4.3)

OWN = [Door.LINK, Door.ONE_CLICK, Door.FORM, Door.COMPLAINT]


class Way(NamedTuple):
    """How an answer came: door, whether a token gives the person's own acts, whether with the right, with a file."""

    door: Door
    own_acts: bool = False
    may_lift: bool = False
    has_file: bool = False

    @property
    def is_own(self) -> bool:
        return self.door in OWN or (self.own_acts and self.door == Door.API)

    def recorder(self) -> Recorder:
        return Recorder(door=self.door, own_acts=self.own_acts, may_lift=self.may_lift)


WAYS = [
    *(Way(*facts) for facts in itertools.product(Door, [False], [True, False], [True, False])),
    Way(Door.API, own_acts=True),
    Way(Door.IMPORT, own_acts=True),
]
STOPPING_WAYS = [Way(Door.IMPORT), Way(Door.PAGE, may_lift=True), Way(Door.LINK), Way(Door.API, own_acts=True)]
DAYS = {"earlier": 10, "same": 20, "later": 30, "undated": None}


def in_turn(cases: list[list[tuple[Way, str, int | None]]], **about) -> list[list[Outcome]]:
    """For each case a person who answers one thing after the other: what becomes of each. Batched by door."""
    persons = Person.objects.bulk_create(Person(first_name="Kari") for _ in cases)
    outcomes: list[list[Outcome]] = [[] for _ in cases]
    for turn in range(max(map(len, cases))):
        by_recorder: dict[Recorder, list[int]] = {}
        for number, case in enumerate(cases):
            if turn < len(case):
                by_recorder.setdefault(case[turn][0]._replace(has_file=False).recorder(), []).append(number)
        for by, numbers in by_recorder.items():
            written = ledger.record_many([told(persons[n], *cases[n][turn], **about) for n in numbers], by=by)
            for number, each in zip(numbers, written, strict=True):
                outcomes[number].append(each.outcome)
    return outcomes


def told(person, way: Way, basis: str, day: int | None, **about) -> Answer:
    comment = f"{way.door} {way.own_acts} {way.may_lift} {way.has_file}"
    return answer(person, basis, day, comment=comment, file=a_file() if way.has_file else None, **about)


def test_a_stop_is_lifted_later_through_an_own_door_or_with_evidence_by_somebody_with_the_right_and_by_nothing_else():
    cases = [
        [(stopping, stop, DAYS["same"]), (way, "61A", DAYS[when])]
        for stopping, stop, way, when in itertools.product(STOPPING_WAYS, STOPS, WAYS, DAYS)
    ]

    found = in_turn(cases)

    for case, outcomes in zip(cases, found, strict=True):
        (stopping, stop, _day), (way, _basis, day) = case
        with_evidence = way.door == Door.PAGE and way.has_file and way.may_lift
        lifts = way.is_own or (with_evidence and stop != "OBJECTED" and not stopping.is_own)
        is_later = day is None or day > DAYS["same"]
        expected = LATE if not is_later else RECORDED if lifts and day else STOP_STANDS
        assert (case, outcomes) == (case, [RECORDED, expected])


def test_a_stop_replaces_a_stop_only_if_given_later_and_no_easier_to_lift_and_else_is_kept():
    cases = [
        [(first, stands, DAYS["same"]), (second, comes, DAYS[when])]
        for first, stands, second, comes, when in itertools.product(
            STOPPING_WAYS, STOPS, [Way(Door.BULK), Way(Door.FORM)], STOPS, ["earlier", "same", "later"]
        )
    ]

    found = in_turn(cases)

    for case, outcomes in zip(cases, found, strict=True):
        (first, stands, _day), (second, comes, day) = case
        is_no_easier = (stands != "OBJECTED" or comes == "OBJECTED") and (not first.is_own or second.is_own)
        is_later = day > DAYS["same"]
        assert (case, outcomes) == (case, [RECORDED, RECORDED if is_later and is_no_easier else LATE])


def test_a_stop_that_arrives_late_replaces_every_allowance_that_could_not_have_lifted_it():
    cases = [
        [(way, "61A", DAYS["same"]), (stopping, stop, DAYS[when])]
        for way, stopping, stop, when in itertools.product(WAYS, STOPPING_WAYS, STOPS, ["earlier", "same", "later"])
    ]

    found = in_turn(cases)

    for case, outcomes in zip(cases, found, strict=True):
        (way, _basis, _day), (stopping, stop, day) = case
        with_evidence = way.door == Door.PAGE and way.has_file and way.may_lift
        lifts = way.is_own or (with_evidence and stop != "OBJECTED" and not stopping.is_own)
        assert (case, outcomes) == (case, [RECORDED, LATE if lifts and day < DAYS["same"] else RECORDED])


def test_a_stop_replaces_an_allowance_of_an_unknown_day(kari):
    say(kari, "61A", None, door=Door.FORM)

    assert say(kari, "WITHDRAWN", 1) == RECORDED


@pytest.mark.parametrize("by", [Door.PAGE, Door.IMPORT, Door.BULK, Door.API])
def test_staff_never_make_an_own_door(kari, by):
    say(kari, "WITHDRAWN", 10)

    assert say(kari, "61A", 20, door=by, source_id="WEBFORM") == STOP_STANDS


def test_an_import_is_never_an_own_door():
    assert Recorder(door=Door.API, own_acts=True).is_own_door
    assert not Recorder(door=Door.IMPORT, own_acts=True).is_own_door


# ---- in whatever order (4.3)

LETTER = Way(Door.PAGE, may_lift=True, has_file=True)
KINDS = {
    "yes": (Way(Door.IMPORT), "61A"),
    "own yes": (Way(Door.FORM), "61A"),
    "yes by letter": (LETTER, "61A"),
    "no": (Way(Door.IMPORT), "WITHDRAWN"),
    "own no": (Way(Door.LINK), "WITHDRAWN"),
    "objection": (Way(Door.PAGE), "OBJECTED"),
}
LIFTS = {  # by each kind of stop, the allowances that lift it, given later
    "no": {"own yes", "yes by letter"},
    "own no": {"own yes"},
    "objection": {"own yes"},
}


def is_stopped(answers) -> bool:
    """Whether one of these stops, (kind, day), was not lifted by one of these allowances, given later."""
    return any(
        not any(kind in LIFTS[stop] and day > stop_day for kind, day in answers)
        for stop, stop_day in answers
        if stop in LIFTS
    )


def ends_in_the_same(orders: list[tuple[tuple[str, int], ...]], **about):
    cases = [[(*KINDS[kind], day) for kind, day in order] for order in orders]
    first = (Person.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1

    found = in_turn(cases, **about)

    rows = Subscription.objects if about else Consent.objects.filter(purpose="EMARKETING")
    stands = dict(rows.filter(person__gte=first).values_list("person", "is_active" if about else "basis__allows"))
    for allows, order, outcomes in zip([stands[key] for key in sorted(stands)], orders, found, strict=True):
        kept = [each for each, outcome in zip(order, outcomes, strict=True) if outcome != STOP_STANDS]
        refused = {kind for kind, _day in set(order) - set(kept)}
        assert (order, outcomes, allows) == (order, outcomes, not is_stopped(kept))
        assert refused <= {"yes", "yes by letter"}
        assert is_stopped(order) or allows or "yes by letter" in refused
        assert not (is_stopped(order) and allows)


@pytest.mark.database
def test_three_answers_in_any_order_end_in_the_same():
    sets = [zip(kinds, [10, 20, 30], strict=True) for kinds in itertools.product(KINDS, repeat=3)]

    ends_in_the_same([order for three in sets for order in itertools.permutations(three)])


told_on_a_day = st.tuples(st.sampled_from(sorted(KINDS)), st.integers(1, 6))


@given(st.data(), st.lists(told_on_a_day, min_size=4, max_size=6, unique=True))
@settings(max_examples=25, deadline=None)
@pytest.mark.database
def test_many_answers_in_any_order_end_in_the_same(data, answers):
    orders = [tuple(answers), tuple(sorted(answers, key=lambda each: each[1]))]

    ends_in_the_same([*orders, *(tuple(data.draw(st.permutations(answers))) for _ in range(6))])


@given(
    st.data(), st.lists(told_on_a_day.filter(lambda told: told[0] != "objection"), min_size=3, max_size=5, unique=True)
)
@settings(max_examples=12, deadline=None)
@pytest.mark.database
def test_the_order_makes_no_difference_to_a_subscription_either(data, answers):
    ends_in_the_same([tuple(data.draw(st.permutations(answers))) for _ in range(6)], type_id="NEWS")


def test_a_late_stop_waits_behind_the_one_that_is_harder_to_lift(kari):
    say(kari, "OBJECTED", 10)
    say(kari, "WITHDRAWN", 30)

    assert say(kari, "61A", 20, door=Door.FORM) == LATE
    assert say(kari, "61A", 40, door=Door.FORM) == RECORDED


def test_an_objection_that_arrives_late_still_needs_the_person(kari):
    say(kari, "WITHDRAWN", 20)

    assert say(kari, "OBJECTED", 10) == LATE
    assert say(kari, "61A", 30, door=Door.PAGE, may_lift=True, file=a_file()) == STOP_STANDS


def test_an_objection_that_the_person_has_lifted_since_needs_nothing_more(kari):
    say(kari, "WITHDRAWN", 20)
    say(kari, "OBJECTED", 10)

    assert say(kari, "61A", 15, door=Door.FORM) == LATE
    assert say(kari, "61A", 30, door=Door.PAGE, may_lift=True, file=a_file()) == RECORDED


def test_a_yes_through_an_own_door_holds_against_an_older_stop_although_staff_recorded_another_yes_since(kari):
    say(kari, "61A", 20, door=Door.FORM)
    say(kari, "61F", 30)

    assert say(kari, "WITHDRAWN", 10) == LATE
    assert say(kari, "WITHDRAWN", 25) == RECORDED


def test_of_a_yes_and_a_no_of_the_same_day_the_no_holds_although_staff_recorded_another_yes_since(kari):
    say(kari, "61A", 20, door=Door.FORM)
    say(kari, "61F", 30)

    assert say(kari, "WITHDRAWN", 20) == RECORDED


def test_a_letter_that_was_recorded_by_mistake_lifts_nothing(kari):
    say(kari, "61A", 30, door=Door.PAGE, may_lift=True, file=a_file())
    undo(ConsentEvent.objects.all(), by=Recorder(door=Door.PAGE, may_lift=True), reason="Another Kari.")
    say(kari, "61A", 40)

    assert say(kari, "WITHDRAWN", 20) == RECORDED


def test_an_answer_that_was_taken_back_is_not_known(kari):
    say(kari, "61A", 20)
    undo(ConsentEvent.objects.all(), by=Recorder(door=Door.PAGE, may_lift=True), reason="Another Kari.")
    say(kari, "61A", 30)

    assert say(kari, "61A", 20) == LATE


def test_a_yes_that_came_too_late_holds_no_later_yes_back(kari):
    say(kari, "WITHDRAWN", 30)

    assert say(kari, "61A", 20, door=Door.FORM) == LATE
    assert say(kari, "61A", 40, door=Door.PAGE, may_lift=True, file=a_file()) == RECORDED


MATTERS = [{"purpose_id": "EMARKETING"}, {"purpose_id": "STORE"}, {"type_id": "NEWS"}, {"type_id": "URGENT"}]


@pytest.mark.parametrize(("about", "other"), list(itertools.permutations(MATTERS, 2)))
def test_what_was_answered_on_another_matter_lifts_nothing_and_holds_nothing_back(kari, about, other):
    say(kari, "61A", 20, door=Door.FORM, **other)
    say(kari, "61A", 30, **about)
    assert say(kari, "WITHDRAWN", 10, **about) == RECORDED

    say(kari, "WITHDRAWN", 40, door=Door.LINK, **other)
    say(kari, "WITHDRAWN", 60, **other)
    assert say(kari, "61A", 50, door=Door.FORM, **about) == RECORDED


# ---- what an answer leaves alone (4.4)


def test_a_stop_of_e_marketing_leaves_subscriptions_and_other_purposes_as_they_are(kari):
    for about in ({}, {"purpose_id": "STORE"}, {"type_id": "NEWS"}, {"type_id": "URGENT"}):
        say(kari, **about)

    say(kari, "WITHDRAWN", 20)

    assert (basis_of(kari), basis_of(kari, "STORE")) == ("WITHDRAWN", "61A")
    assert Subscription.objects.filter(person=kari, is_active=True).count() == 2


def test_ending_one_subscription_leaves_e_marketing_and_the_others_alone(kari):
    for about in ({}, {"type_id": "NEWS"}, {"type_id": "URGENT"}):
        say(kari, **about)

    say(kari, "WITHDRAWN", 20, type_id="NEWS")

    assert basis_of(kari) == "61A"
    assert list(Subscription.objects.filter(person=kari, is_active=True).values_list("type", flat=True)) == ["URGENT"]


# ---- dates (4.6)


def test_recorded_at_is_the_clock_of_the_database_at_that_very_moment(kari):
    before = clock()
    say(kari)
    after = clock()

    assert before < Act.objects.get().recorded_at < after
    assert standing(kari).recorded_at == Act.objects.get().recorded_at


@pytest.mark.parametrize("basis", ["61A", "WITHDRAWN"])
def test_up_to_five_minutes_ahead_counts_as_now(kari, basis):
    assert say(kari, basis, given_at=clock() + timedelta(minutes=4, seconds=50)) == RECORDED

    assert standing(kari).given_at == Act.objects.get().recorded_at


def test_further_ahead_an_allowance_is_refused_and_a_stop_counts_as_now(kari):
    ahead = clock() + timedelta(minutes=5, seconds=10)

    assert say(kari, "61A", given_at=ahead) == Outcome.FUTURE
    assert say(kari, "WITHDRAWN", given_at=ahead) == RECORDED
    assert standing(kari).given_at == Act.objects.get().recorded_at


def test_a_stop_of_an_unknown_day_counts_as_now(kari):
    say(kari, "61A", 99)

    assert say(kari, "WITHDRAWN", None) == RECORDED
    assert standing(kari).given_at == Act.objects.get(pk=standing(kari).event.act_id).recorded_at


def test_in_an_import_a_stop_of_an_unknown_day_counts_as_when_the_file_was_first_applied(kari):
    first = {"door": Door.IMPORT, "moment": on_day(50)}
    write(answer(kari, "WITHDRAWN", None), **first)
    assert standing(kari).given_at == on_day(50)

    say(kari, "61A", 60, door=Door.FORM)
    write(answer(kari, "WITHDRAWN", None), **first)
    before = what_is_written()

    assert write(answer(kari, "WITHDRAWN", None), **first) == [SAME]
    assert (basis_of(kari), what_is_written()) == ("61A", before)


def test_an_allowance_of_an_unknown_day_is_later_than_nothing(kari):
    assert say(kari, "61A", None) == RECORDED
    assert standing(kari).given_at is None
    assert say(kari, "61F", 1) == RECORDED
    assert say(kari, "61A", None, comment="Somebody else says so.") == LATE
    assert standing(kari).given_at == on_day(1)


def test_an_older_answer_that_does_not_win_is_kept_and_the_standing_row_stays(kari):
    say(kari, "61A", 20)
    stood = standing(kari)

    assert say(kari, "61F", 10) == LATE

    assert (standing(kari), standing(kari).event) == (stood, stood.event)
    late = ConsentEvent.objects.get(is_late=True)
    assert (late.basis_before_id, late.basis_after_id, late.given_at) == ("61A", "61F", on_day(10))


def test_an_answer_of_the_same_day_corrects_on_a_page_and_is_late_elsewhere(kari):
    say(kari, "61A", 10)

    assert say(kari, "61F", 10, door=Door.BULK, comment="As the list has it.") == LATE
    assert say(kari, "61F", 10, door=Door.PAGE) == RECORDED


# ---- how long it holds (2)


@pytest.mark.parametrize(("months", "sooner", "expected"), [
    (None, None, None),
    (None, datetime(2031, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)),
    (24, None, datetime(2027, 2, 28, 9, tzinfo=UTC)),
    (24, datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)),
    (24, datetime(2031, 1, 1, tzinfo=UTC), datetime(2027, 2, 28, 9, tzinfo=UTC)),
])  # fmt: skip
def test_valid_until_is_given_at_and_the_validity_or_sooner(kari, months, sooner, expected):
    Purpose.objects.filter(pk="EMARKETING").update(validity_months=months)

    say(kari, given_at=datetime(2025, 2, 28, 9, tzinfo=UTC), valid_until=sooner)

    assert (standing(kari).valid_until, standing(kari).event.valid_until) == (expected, expected)


def test_without_a_day_the_validity_runs_from_recording_and_a_changed_one_touches_nothing(kari):
    Purpose.objects.filter(pk="EMARKETING").update(validity_months=1)
    say(kari, day=None)
    until = standing(kari).valid_until
    Purpose.objects.filter(pk="EMARKETING").update(validity_months=12)

    assert timedelta(days=28) <= until - Act.objects.get().recorded_at <= timedelta(days=31)
    assert standing(kari).valid_until == until


def test_a_stop_never_runs_out(kari):
    Purpose.objects.filter(pk="EMARKETING").update(validity_months=1)

    say(kari, "WITHDRAWN", valid_until=on_day(100))

    assert (standing(kari).valid_until, standing(kari).event.valid_until) == (None, None)


# ---- proof (4.7)


@pytest.mark.parametrize(("about", "basis", "needs_proof"), [
    ({"purpose_id": "EMARKETING"}, "61A", True),
    ({"purpose_id": "EMARKETING"}, "61F", True),
    ({"purpose_id": "STORE"}, "61A", True),
    ({"purpose_id": "STORE"}, "61B", False),
    ({"purpose_id": "STORE"}, "61F", False),
    ({"type_id": "NEWS"}, "61A", True),
    ({"type_id": "NEWS"}, "WITHDRAWN", False),
    *(({"purpose_id": "EMARKETING"}, stop, False) for stop in STOPS),
])  # fmt: skip
def test_consent_and_legitimate_interest_for_e_marketing_need_proof(kari, about, basis, needs_proof):
    assert say(kari, basis, comment="", **about) == (NO_PROOF if needs_proof else RECORDED)


@pytest.mark.parametrize("comment", ["nine char", "         nine char        ", "\u00a0nine char\u00a0\n", "ååååå"])
def test_a_comment_of_nine_characters_proves_nothing(kari, comment):
    assert say(kari, comment=comment) == NO_PROOF


@pytest.mark.parametrize("comment", ["ten charac", "åååååååååå"])
def test_a_comment_of_ten_characters_is_proof(kari, comment):
    assert say(kari, comment=comment) == RECORDED


def test_a_wording_and_a_file_are_proof(kari, wording):
    ola = PersonFactory()

    assert write(answer(kari, comment="", wording=wording), answer(ola, comment="", file=a_file())) == [RECORDED] * 2

    assert (standing(kari).wording, bytes(standing(kari).event.wording_digest)) == (wording, wording.digest())


def test_a_basis_of_the_company_s_own_needs_proof_by_its_article(kari):
    LegalBasis.objects.create(key="DOUBLE", name="Double opt-in", article="6(1)(a)", allows=True)
    AcceptedBasis.objects.create(purpose_id="STORE", basis_id="DOUBLE")

    assert say(kari, "DOUBLE", comment="", purpose_id="STORE") == NO_PROOF


def test_a_stop_of_the_company_s_own_needs_no_proof_whatever_its_article(kari):
    LegalBasis.objects.create(key="OPTOUT", name="Opted out", article="6(1)(a)", allows=False)

    assert say(kari, "OPTOUT", comment="") == RECORDED


def test_digests_prove_comment_and_file_and_are_salted(kari):
    ola = PersonFactory()
    write(*(answer(person, comment=SAID_SO, file=a_file()) for person in (kari, ola)))
    first, second = ConsentEvent.objects.order_by("id").select_related("evidence")

    for event in (first, second):
        salt = bytes(event.evidence.salt)
        file_digest = hashlib.sha256(content_of(event)).digest()
        assert len(salt) == 16
        assert bytes(event.comment_digest) == hashlib.sha256(salt + event.evidence.comment.encode()).digest()
        assert bytes(event.file_digest) == hashlib.sha256(salt + file_digest).digest()
    assert first.evidence.file_name == "letter.txt"
    assert first.comment_digest != second.comment_digest
    assert first.file_digest != second.file_digest


def test_what_has_no_comment_and_no_file_leaves_no_evidence_and_no_digest(kari, wording):
    say(kari, comment="", wording=wording)

    event = ConsentEvent.objects.get()
    assert (event.comment_digest, event.file_digest, Evidence.objects.count()) == (None, None, 0)


def files_in(folder) -> list[str]:
    return [path.read_text() for path in folder.rglob("*") if path.is_file()]


def test_a_file_is_stored_with_its_event_and_taken_away_again_when_its_answer_is_not_kept(kari, evidence_folder):
    ola = PersonFactory()
    say(ola, "WITHDRAWN", 50)

    outcomes = write(answer(kari, file=a_file("kept")), answer(ola, "61A", 60, file=a_file("refused")))

    assert outcomes == [RECORDED, STOP_STANDS]
    assert files_in(evidence_folder) == ["kept"]
    assert default_storage.exists(standing(kari).event.evidence.file.name)


def test_a_file_is_kept_with_an_answer_that_is_late(kari, evidence_folder):
    say(kari, "61A", 20)

    assert say(kari, "61A", 10) == LATE
    assert say(kari, "61A", 10, file=a_file("late")) == LATE
    assert files_in(evidence_folder) == ["late"]


def test_no_file_stays_behind_when_nothing_could_be_written(kari, evidence_folder):
    with pytest.raises(DataError), transaction.atomic():
        say(kari, given_at="never", file=a_file())

    assert files_in(evidence_folder) == []


# ---- the lists (2 and 4.9)


def test_a_purpose_takes_only_the_bases_it_accepts_and_always_a_stop(kari):
    assert say(kari, "61B") == Outcome.NOT_ACCEPTED
    assert [say(kari, stop, day) for day, stop in enumerate(STOPS)] == [RECORDED, RECORDED, LATE]


@pytest.mark.parametrize("inactive", ["basis", "purpose", "type"])
def test_what_is_inactive_takes_stops_only(kari, inactive):
    Purpose.objects.create(key="SMS", name="Text messages")
    AcceptedBasis.objects.create(purpose_id="SMS", basis_id="61A")
    LegalBasis.objects.filter(pk__in=["61A", "REFUSED"] if inactive == "basis" else []).update(is_active=False)
    Purpose.objects.filter(pk="SMS").update(is_active=inactive != "purpose")
    SubscriptionType.objects.filter(pk="NEWS").update(is_active=inactive != "type")
    about = {"type_id": "NEWS"} if inactive == "type" else {"purpose_id": "SMS"}

    assert say(kari, "61A", **about) == Outcome.INACTIVE
    assert say(kari, "WITHDRAWN" if inactive == "type" else "REFUSED", **about) == RECORDED


def test_what_stands_on_something_inactive_stays(kari):
    say(kari, "61A")
    LegalBasis.objects.filter(pk="61A").update(is_active=False)

    assert basis_of(kari) == "61A"
    assert say(kari, "61A") == Outcome.INACTIVE
