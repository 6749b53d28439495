"""A link that several press in the same moment, and an undo that two ask for (rules 4.5, 4.10)."""

from dataclasses import replace

import pytest

from persons import confirming, operations
from persons.bulk import State
from persons.ledger import Recorder, record
from persons.models import Act, ConsentEvent, Door, Operation, Person
from tests.at_once import at_once
from tests.factories import PersonFactory, UserFactory
from tests.persons.test_confirming import consents, pending, subscriptions
from tests.persons.test_undoing import _answer

pytestmark = pytest.mark.database


def test_a_confirmation_that_five_press_at_once_is_recorded_once(own_database):
    asked = pending("EMARKETING", "NEWS")

    pages = at_once(confirming.confirm, *[asked] * 5)

    person = Person.objects.get()
    assert (len(set(pages)), Act.objects.count(), ConsentEvent.objects.count()) == (5, 1, 3)
    assert (consents(person), subscriptions(person)) == ({"EMARKETING": "61A", "STORE": "61F"}, {"NEWS": True})


def test_an_operation_that_two_undo_at_once_is_undone_once(own_database):
    by = Recorder(door=Door.BULK, user=UserFactory())
    operation = Operation.objects.create(kind=Operation.Kind.BULK_UPDATE, state=State.DONE, created_by=by.user)
    for person in PersonFactory.create_batch(5):
        record(_answer(person, "61A"), by=replace(by, operation=operation))

    begun = at_once(lambda recorder: operations.undo(operation, by=recorder), by, by)
    at_once(operations.go_on_with, *begun)

    assert Operation.objects.get(undoes=operation).state == State.DONE
    assert (ConsentEvent.objects.count(), ConsentEvent.objects.filter(undoes=None).count()) == (10, 5)
