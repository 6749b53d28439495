"""Running a statement that is prepared on the server: planned once per connection, where Django has it planned anew.

For the statements that are long and run for every message or every answer: planning them takes several times as long as
running them. Parameters without a type are the server's to guess; where it cannot, the statement casts them.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import psycopg
from django.db import connection
from psycopg.rows import TupleRow

NAMED = re.compile(r"%\((\w+)\)s")


def execute(statement: str, parameters: dict[str, Any]) -> Sequence[TupleRow]:
    """Run a statement with named parameters on Django's connection, in its transaction; the rows, if it gives any.

    With numbered parameters, because psycopg reads long statements with named ones again whenever they are run.
    """
    numbered, names = _numbered(statement)
    with connection.wrap_database_errors:
        connection.ensure_connection()
        raw = connection.connection
        if raw.prepare_threshold is None:
            raw.prepare_threshold = 5  # Django switches preparing off; `prepare` below asks for it by statement
        with psycopg.RawCursor(raw) as cursor:
            cursor.execute(numbered, [parameters[name] for name in names], prepare=True)
            return cursor.fetchall() if cursor.description else []


@lru_cache(maxsize=64)
def _numbered(statement: str) -> tuple[str, list[str]]:
    """The statement with numbers for the names of its parameters, and the names in their order."""
    names: dict[str, int] = {}
    numbered = NAMED.sub(lambda found: f"${names.setdefault(found[1], len(names) + 1)}", statement)
    return numbered.replace("%%", "%"), list(names)
