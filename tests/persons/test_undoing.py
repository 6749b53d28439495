"""Undo (rules 4.10): what stood is put back by a new act, where nothing came since."""

from datetime import timedelta

import pytest
from django.utils import timezone

from persons.ledger import Answer, Recorder, record, record_many, subscription
from persons.models import Act, ActNote, Consent, ConsentEvent, Door, Operation, Subscription
from persons.sealing import seal, verify
from persons.undoing import Undone, UndoRefused, undo, undo_operation
from persons.verdict import Code, Question, explain
from tests.factories import PersonFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.database]

SAID = "She said so on the phone."


@pytest.fixture
def staff():
    return UserFactory()


@pytest.fixture
def person():
    return PersonFactory()


def _answer(person, basis, **facts):
    facts = {"purpose_id": "EMARKETING", "source_id": "USER", "comment": SAID} | facts
    return Answer(person_id=person.pk, basis_id=basis, **facts)


def _recorded(person, basis, user, door=Door.PAGE, **facts):
    written = record(_answer(person, basis, **facts), by=Recorder(door=door, user=user))
    return ConsentEvent.objects.filter(pk=written.event_id)


def _stands(person):
    fields = ("basis", "source", "given_at", "valid_until", "wording", "force", "is_own", "event__evidence__comment")
    return Consent.objects.filter(person=person, purpose="EMARKETING").values(*fields).first()


def test_undo_puts_back_what_stood(person, staff):
    _recorded(person, "61A", staff, given_at=timezone.now() - timedelta(days=9))
    before = _stands(person)
    withdrawal = _recorded(person, "WITHDRAWN", staff, comment="Wrong person on the phone.")

    done = undo(withdrawal, by=Recorder(door=Door.PAGE, user=staff))

    assert (done.put_back, done.left) == (1, 0)
    assert _stands(person) == before
    assert explain(person).code == Code.CONSENT


def test_undo_of_the_first_answer_leaves_no_row(person, staff):
    consent = _recorded(person, "61A", staff)

    undo(consent, by=Recorder(door=Door.PAGE, user=staff))

    assert (_stands(person), explain(person).code) == (None, Code.NO_CONSENT)


def test_undo_of_an_undo_brings_the_answer_back(person, staff):
    consent = _recorded(person, "61A", staff)
    before = _stands(person)
    by = Recorder(door=Door.PAGE, user=staff)
    undone = undo(consent, by=by)

    undo(ConsentEvent.objects.filter(act=undone.act_id), by=by)

    assert _stands(person) == before


def test_undo_of_an_ended_subscription(person, staff):
    by = Recorder(door=Door.PAGE, user=staff)
    facts = {"person_id": person.pk, "type_id": "NEWS", "source_id": "USER"}
    record(subscription(is_active=True, comment=SAID, **facts), by=by)
    ended = record(subscription(is_active=False, **facts), by=by)

    undo(ConsentEvent.objects.filter(pk=ended.event_id), by=by)

    assert Subscription.objects.get().is_active
    assert explain(person, Question(type="NEWS")).code == Code.SUBSCRIPTION


def test_what_the_person_did_is_not_undone(person, staff):
    withdrawal = _recorded(person, "WITHDRAWN", None, door=Door.ONE_CLICK)

    done = undo(withdrawal, by=Recorder(door=Door.PAGE, user=staff, may_lift=True), reason="He clicked by mistake.")

    assert (done.put_back, done.left, explain(person).code) == (0, 1, Code.WITHDRAWN)


def test_only_the_latest_event_is_undone(person, staff):
    consent = _recorded(person, "61A", staff, given_at=timezone.now() - timedelta(days=9))
    _recorded(person, "61F", staff, given_at=timezone.now())

    assert undo(consent, by=Recorder(door=Door.PAGE, user=staff)) == Undone(0, 1)
    assert _stands(person)["basis"] == "61F"


def test_undo_twice_is_undo_once(person, staff):
    consent = _recorded(person, "61A", staff)
    by = Recorder(door=Door.PAGE, user=staff)
    undo(consent, by=by)

    assert undo(consent, by=by) == Undone(0, 1)
    assert ConsentEvent.objects.count() == 2


def test_somebody_else_needs_the_right_and_a_reason(person, staff):
    consent, other = _recorded(person, "61A", staff), UserFactory()

    with pytest.raises(UndoRefused, match="Only who recorded it"):
        undo(consent, by=Recorder(door=Door.PAGE, user=other))
    with pytest.raises(UndoRefused, match="Say why"):
        undo(consent, by=Recorder(door=Door.PAGE, user=other, may_lift=True))
    undo(consent, by=Recorder(door=Door.PAGE, user=other, may_lift=True), reason="Recorded on the wrong person.")

    assert ActNote.objects.get().text == "Recorded on the wrong person."


def test_after_a_day_the_recorder_needs_the_right_too(person, staff, time_machine):
    consent = _recorded(person, "61A", staff)
    time_machine.move_to(timezone.now() + timedelta(hours=25))

    with pytest.raises(UndoRefused):
        undo(consent, by=Recorder(door=Door.PAGE, user=staff))


def test_more_than_one_stop_takes_the_right(staff):
    persons = PersonFactory.create_batch(2)
    by = Recorder(door=Door.BULK, user=staff)
    record_many([_answer(person, "WITHDRAWN") for person in persons], by=by)

    with pytest.raises(UndoRefused):
        undo(ConsentEvent.objects.all(), by=Recorder(door=Door.PAGE, user=staff))

    assert {explain(person).code for person in persons} == {Code.WITHDRAWN}


def test_an_operation_is_undone_act_by_act(staff):
    operation = Operation.objects.create(kind=Operation.Kind.BULK_UPDATE)
    persons = PersonFactory.create_batch(3)
    by = Recorder(door=Door.BULK, user=staff, operation=operation)
    for person in persons:
        record(_answer(person, "61A"), by=by)
    _recorded(persons[0], "WITHDRAWN", None, door=Door.LINK)

    *_, done = undo_operation(operation, by=Recorder(door=Door.PAGE, user=staff))

    assert (done.put_back, done.left) == (2, 1)
    assert [explain(person).code for person in persons] == [Code.WITHDRAWN, Code.NO_CONSENT, Code.NO_CONSENT]


def test_the_ledger_stays_whole(person, staff):
    consent = _recorded(person, "61A", staff)
    seal()
    undo(consent, by=Recorder(door=Door.PAGE, user=staff))

    assert verify().first_problem == ""
    assert (seal(), verify().first_problem, Act.objects.count()) == (1, "", 2)
