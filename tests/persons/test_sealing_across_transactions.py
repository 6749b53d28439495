"""Seals while other transactions are still open, and what they leave behind."""

import psycopg
import pytest

from persons.models import ConsentEvent
from persons.sealing import seal, verify
from tests.factories import PersonFactory
from tests.persons.test_sealing import withdrawal, without_guards

pytestmark = pytest.mark.database

ACT = """INSERT INTO persons_act (door, is_own_door, expressed_by, token, reason, request_id)
         VALUES ('page', false, 'person', '', '', '') RETURNING id"""
EVENT = """INSERT INTO persons_consentevent (act_id, person_id, purpose_id, basis_after_id, force, is_own, is_late)
           VALUES (%s, %s, 'STORE', '61B', 0, false, true)"""


def test_an_act_that_commits_late_gets_the_next_seal(own_database):
    person = PersonFactory()
    with psycopg.connect(own_database) as slow_writer:
        act = slow_writer.execute(ACT).fetchone()[0]
        slow_writer.execute(EVENT, [act, person.pk])
        withdrawal(person)
        sealed_meanwhile = seal()

    assert (sealed_meanwhile, seal(), verify().first_problem) == (1, 1, "")


def test_an_event_added_to_an_act_of_another_transaction_is_found_before_the_seal(own_database):
    event = ConsentEvent.objects.get(pk=withdrawal(PersonFactory()).event_id)
    assert verify().ok

    with without_guards() as cursor:
        cursor.execute(EVENT, [event.act_id, event.person_id])

    assert "was added to act" in verify().first_problem
