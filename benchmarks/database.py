"""The database of a run of the benchmarks: beside the one in use, made new, copied for each run that writes, dropped.

A run that was killed leaves its databases behind; the next one drops them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection

from benchmarks import people

FILLED, COPY = "benchmark", "benchmark_copy"


@contextmanager
def filled(persons: int) -> Iterator[None]:
    """Connect to a database with that many persons until it is over."""
    before = connection.settings_dict["NAME"]
    try:
        drop()
        in_cluster(f"CREATE DATABASE {FILLED}")
        connect_to(FILLED)
        call_command("migrate", verbosity=0)
        people.make(persons)
        yield
    finally:
        connect_to(before)
        drop()


def ready(*, is_copy: bool) -> None:
    """Be connected to the database, or to a fresh copy of it."""
    if not is_copy:
        if connection.settings_dict["NAME"] != FILLED:
            connect_to(FILLED)
        return
    connect_to(FILLED)
    in_cluster(f"DROP DATABASE IF EXISTS {COPY} WITH (FORCE)")
    in_cluster(f"CREATE DATABASE {COPY} TEMPLATE {FILLED} STRATEGY FILE_COPY")
    connect_to(COPY)


def connect_to(name: str) -> None:
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    connection.settings_dict["NAME"] = name


def drop() -> None:
    for name in (COPY, FILLED):
        in_cluster(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def in_cluster(statement: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)
