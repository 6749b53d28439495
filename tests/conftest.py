import itertools

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import setup_databases

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
def django_db_setup(django_test_environment, django_db_blocker):
    """The migrated database, whichever tests run; it goes away with the cluster.

    pytest-django's own fixture makes none when only tests with `own_database` are chosen.
    """
    with django_db_blocker.unblock():
        setup_databases(verbosity=0, interactive=False, serialized_aliases=[])


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


def pytest_configure():
    """Passwords of tests are hashed once, not a million times."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def files_of_the_test(settings, tmp_path):
    """Style sheets are found where they are written, without collecting them; uploads go where the test ends."""
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Browser tests last: once started, Playwright keeps an event loop in this thread, and nobody can run another."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
