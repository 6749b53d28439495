import pytest
from django.db import DataError, connection

from persons import ledger
from persons.ledger import Answer, Recorder
from persons.models import Door
from persons.prepared import execute
from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db


def test_parameters_are_named_and_may_stand_several_times():
    rows = execute("SELECT %(a)s::int + %(b)s::int, %(a)s::int, '50%%'", {"a": 1, "b": 2, "unused": 3})

    assert rows == [(3, 1, "50%")]


def test_a_statement_that_gives_no_rows_gives_none():
    assert execute("SET LOCAL work_mem = '8MB'", {}) == []


def test_it_is_prepared_once_per_connection():
    for number in range(3):
        execute("SELECT %(n)s::int + 41", {"n": number})

    with connection.cursor() as cursor:
        cursor.execute("SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE statement LIKE '%%+ 41'")
        assert cursor.fetchall() == [(3,)]


def test_errors_are_those_of_django():
    with pytest.raises(DataError):
        execute("SELECT %(n)s::int / 0", {"n": 1})


def test_the_ledger_plans_its_statement_once_for_single_answers():
    for _ in range(3):
        answer = Answer(person_id=PersonFactory().pk, purpose_id="STORE", basis_id="61F", source_id="USER")
        ledger.record(answer, by=Recorder(door=Door.COMMAND))

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE statement LIKE '%%new_act%%'"
        )
        assert cursor.fetchall() == [(3,)]
