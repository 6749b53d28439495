"""Bulk updates: what is recorded for whom, what is refused, and what a kill, a stop and an undo leave."""

from datetime import timedelta

import pytest
from django.utils import timezone

from persons import bulk, ledger, operations
from persons.filters import persons_asked_for
from persons.ledger import Recorder
from persons.models import Act, BulkUpdate, Consent, Door, Operation, Person
from persons.sealing import verify
from persons.undoing import UndoRefused
from tests.factories import PersonFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.database]

SAID = "Said so at the trade fair."
State = Operation.State


@pytest.fixture
def staff():
    return UserFactory(role="Sales")


def consent(**facts):
    """That all agree to e-marketing, from today."""
    chosen = {"purpose_id": "EMARKETING", "basis_id": "61A", "source_id": "USER", "comment": SAID}
    chosen |= {"expressed_by": "person", "only_if_none": True, "given_at": timezone.now()}
    return BulkUpdate(**chosen | facts)


def checked(update, staff, persons=None):
    operation = bulk.prepare(update, Person.objects.all() if persons is None else persons, by=staff)
    bulk.check(operation)
    return operation


def done(update, staff):
    operation = checked(update, staff)
    bulk.start(operation)
    operations.go_on_with(operation)
    return operation


def withdraw(person, door=Door.LINK, **facts):
    answer = ledger.Answer(
        person_id=person.pk, purpose_id="EMARKETING", basis_id="WITHDRAWN", source_id="EMAIL", given_at=None, **facts
    )
    return ledger.record(answer, by=Recorder(door=door))


def stands():
    return dict(Consent.objects.filter(purpose="EMARKETING").values_list("person", "basis"))


def of(operation, outcome):
    return set(persons_asked_for({"outcome": f"{operation.pk}:{outcome}"}))


def test_the_dry_run_foresees_what_the_update_does_and_each_count_leads_to_its_persons(staff):
    never, stopped, asked = PersonFactory.create_batch(3)
    withdraw(stopped)
    ledger.record(
        ledger.Answer(person_id=asked.pk, purpose_id="EMARKETING", basis_id="61F", source_id="CHAT", comment=SAID),
        by=Recorder(door=Door.PAGE),
    )
    before = stands()

    operation = checked(consent(only_if_none=False), staff)
    foreseen = dict(operation.counts)
    assert (stands(), Act.objects.filter(operation=operation).exists()) == (before, False)
    assert (foreseen, of(operation, "stop_stands")) == ({"recorded": 2, "stop_stands": 1}, {stopped})
    bulk.start(operation)
    operations.go_on_with(operation)

    assert (operation.state, operation.counts, operation.done) == (State.DONE, foreseen, 3)
    assert (of(operation, "recorded"), of(operation, "stop_stands")) == ({never, asked}, {stopped})
    assert stands() == {never.pk: "61A", asked.pk: "61A", stopped.pk: "WITHDRAWN"}
    act = Act.objects.get(operation=operation)
    assert (act.door, act.user, act.is_own_door) == (Door.BULK, staff, False)


def test_only_where_none_is_recorded_leaves_what_stands(staff):
    never, asked = PersonFactory.create_batch(2)
    ledger.record(
        ledger.Answer(person_id=asked.pk, purpose_id="EMARKETING", basis_id="61F", source_id="CHAT", comment=SAID),
        by=Recorder(door=Door.PAGE),
    )

    operation = done(consent(), staff)

    assert (operation.counts, stands()) == ({"recorded": 1, "kept": 1}, {never.pk: "61A", asked.pk: "61F"})


def test_a_person_who_says_no_meanwhile_is_heeded(staff):
    steadfast, changed = PersonFactory.create_batch(2)
    operation = checked(consent(), staff)
    withdraw(changed)
    bulk.start(operation)

    operations.go_on_with(operation)

    assert stands() == {steadfast.pk: "61A", changed.pk: "WITHDRAWN"}
    assert operation.counts == {"recorded": 1, "kept": 1}


def test_it_goes_on_where_a_worker_left_it_and_every_answer_is_recorded_once(staff, monkeypatch):
    monkeypatch.setattr(bulk, "PERSONS_IN_A_BATCH", 2)
    PersonFactory.create_batch(5)
    operation = checked(consent(), staff)
    bulk.start(operation)
    told = iter([False, True])
    with pytest.raises(bulk.Interrupted):
        operations.go_on_with(operation, stopped=lambda: next(told))
    assert bulk.counted(operation) == {"recorded": 2, "not_done": 3}

    operations.go_on_with(operation)

    assert (operation.counts, operation.done, len(stands())) == ({"recorded": 5}, 5, 5)
    assert Act.objects.filter(operation=operation).count() == 3
    assert verify().first_problem == ""


def test_it_is_stopped_between_two_batches_and_keeps_what_is_done(staff, monkeypatch):
    monkeypatch.setattr(bulk, "PERSONS_IN_A_BATCH", 2)
    PersonFactory.create_batch(5)
    operation = checked(consent(), staff)
    bulk.start(operation)
    seen = []

    def cancel_after_the_first():
        if seen:
            bulk.cancel(operation)
        seen.append(1)
        return False

    operations.go_on_with(operation, stopped=cancel_after_the_first)

    assert (operation.state, operation.counts) == (State.CANCELLED, {"recorded": 4, "not_done": 1})
    assert len(of(operation, "not_done")) == 1
    assert operations.may_take_back(operation)


def test_a_subscription_and_the_flag_are_updated_too(staff):
    person, flagged = PersonFactory(), PersonFactory(no_mailings=True)
    facts = {"purpose_id": None, "type_id": "NEWS"}
    subscribed = done(consent(**facts), staff)
    no_mailings = done(BulkUpdate(no_mailings=True, expressed_by="company", only_if_none=False), staff)

    person.refresh_from_db()
    assert (subscribed.counts, person.subscriptions.get().is_active) == ({"recorded": 2}, True)
    assert (no_mailings.counts, person.no_mailings) == ({"recorded": 1, "same": 1}, True)
    assert of(no_mailings, "same") == {flagged}


# ---- undo


def undone(operation, staff, reason=""):
    by = Recorder(door=Door.PAGE, user=staff, may_lift=staff.has_perm("persons.lift_stop"))
    undo = operations.undo(operation, by=by, reason=reason)
    operations.go_on_with(undo)
    return undo


def test_a_bulk_update_is_undone_where_nothing_came_since(staff):
    kept, changed = PersonFactory.create_batch(2)
    operation = done(consent(), staff)
    withdraw(changed)

    undo = undone(operation, staff)

    assert (undo.state, undo.counts, stands()) == (State.DONE, {"recorded": 1, "left": 1}, {changed.pk: "WITHDRAWN"})
    assert (of(undo, "recorded"), of(undo, "left")) == ({kept}, {changed})


def test_the_flag_goes_back_where_nobody_changed_it_since(staff):
    person, other = PersonFactory.create_batch(2)
    operation = done(BulkUpdate(no_mailings=True, expressed_by="company", only_if_none=False), staff)
    Operation.objects.update(created_at=timezone.now() - timedelta(minutes=1))  # the history has the transaction's time
    operation.refresh_from_db()
    for value in (False, True):
        Person.objects.filter(pk=other.pk).update(no_mailings=value)

    undo = undone(operation, staff)

    assert list(Person.objects.order_by("pk").values_list("no_mailings", flat=True)) == [False, True]
    assert (of(undo, "recorded"), of(undo, "left")) == ({person}, {other})


def test_undoing_many_stops_takes_the_right_and_a_reason(staff):
    PersonFactory.create_batch(2)
    operation = done(consent(basis_id="WITHDRAWN", only_if_none=False), staff)
    admin = UserFactory(role="Privacy admin")

    with pytest.raises(UndoRefused, match="A privacy admin can"):
        undone(operation, staff)
    with pytest.raises(UndoRefused, match="Say why"):
        undone(operation, admin)
    undo = undone(operation, admin, "The wrong list was chosen.")

    assert (undo.counts, stands()) == ({"recorded": 2}, {})


def test_an_undo_that_was_killed_goes_on(staff, monkeypatch):
    monkeypatch.setattr(bulk, "PERSONS_IN_A_BATCH", 2)
    PersonFactory.create_batch(4)
    operation = done(consent(given_at=timezone.now() - timedelta(days=1)), staff)
    undo = operations.undo(operation, by=Recorder(door=Door.PAGE, user=staff))
    told = iter([False, True])
    with pytest.raises(bulk.Interrupted):
        operations.go_on_with(undo, stopped=lambda: next(told))
    assert len(stands()) == 2

    operations.go_on_with(undo)

    assert (undo.state, undo.counts, stands()) == (State.DONE, {"recorded": 4}, {})
