import itertools

import psycopg
import pytest
from django.db import connection

from tests.cluster import server

TEMPLATE = "template_of_tests"
_numbers = itertools.count(1)


def _in_cluster(*statements: str) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as cluster:
        for statement in statements:
            cluster.execute(statement)


def _switch_to(name: str) -> None:
    connection.close()
    connection.close_pool()
    connection.settings_dict["NAME"] = name


@pytest.fixture(scope="session")
def template_database(django_db_setup, django_db_blocker):
    """The migrated database once more, with nobody connected, to be copied in a tenth of a second."""
    migrated = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        connection.close()
        connection.close_pool()
    _in_cluster(f"CREATE DATABASE {TEMPLATE} TEMPLATE {migrated}")
    return TEMPLATE


@pytest.fixture
def own_database(template_database, django_db_blocker):
    """A database of the test's own in which transactions commit, for threads, processes and browsers: its URL.

    Not `transaction=True`: that empties tables by TRUNCATE, which the ledger refuses.
    """
    name, before = f"own_{next(_numbers)}", connection.settings_dict["NAME"]
    _in_cluster(f"CREATE DATABASE {name} TEMPLATE {template_database}")
    with django_db_blocker.unblock():
        _switch_to(name)
        yield server.url(name)
        _switch_to(before)
    _in_cluster(f"DROP DATABASE {name} WITH (FORCE)")
