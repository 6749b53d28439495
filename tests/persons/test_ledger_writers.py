"""Nothing writes answers but the ledger, and that in one place: `persons.keeping` (rules 4.1)."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLES = "consent|subscription|act|consentevent"
IN_SQL = rf"(INSERT INTO|UPDATE|DELETE FROM|MERGE INTO|COPY|TRUNCATE)\s+persons_({TABLES})\b"
BY_MODEL = r"\b(Consent|Subscription|Act|ConsentEvent)\.objects\b[^\n]*\.(create|bulk_create|bulk_update|update|delete|"
BY_MODEL += r"get_or_create|update_or_create)\("
BY_PERSON = r"\.(consents|subscriptions|events)\b[^\n]*\.(create|bulk_create|update|delete|get_or_create|add|set)\("
WRITES = re.compile("|".join([IN_SQL, BY_MODEL, BY_PERSON]), re.IGNORECASE)


def modules():
    for room in ("consent_crm", "mailings", "persons", "purposes"):
        yield from (ROOT / room).rglob("*.py")


def test_no_other_module_writes_answers():
    writers = {path.name for path in modules() if "migrations" not in path.parts and WRITES.search(path.read_text())}

    assert writers == {"keeping.py"}


@pytest.mark.parametrize(
    "line",
    [
        'cursor.execute("UPDATE persons_consent SET basis_id = %s")',
        "Consent.objects.filter(person=person).update(basis=basis)",
        "person.consents.all().delete()",
        "ConsentEvent.objects.bulk_create(events)",
    ],
)
def test_a_line_that_did_would_be_found(line):
    assert WRITES.search(line)
