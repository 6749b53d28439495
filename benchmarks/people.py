"""Invented persons by the hundred thousand, with answers, written by the shortest way there is and sealed.

The number of a person decides everything about them, so that every run has the same persons. It is also the yardstick
of an import: COPY, then INSERT … SELECT.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from django.contrib.auth import get_user_model
from django.db import connection, transaction

from persons import sealing
from persons.models import Company, keyed_hash

FIRST_NAMES = ["Kari", "Ola", "Åse", "Emma", "Noah", "Jens", "Sofie", "Müge", "Zoë", "Bjørn", "Jan"]
LAST_NAMES = ["Nordmann", "Hansen", "Müller", "Ødegård", "de Vries", "Jørgensen", "Schäfer", "Bakker", "Wiśniewska"]
COUNTRIES = ["Norway", "Sweden", "Denmark", "Germany", "Netherlands"]
PERSONS_OF_A_COMPANY = 20
KNOWN = "known"  # the series of those in the database; whoever is of another is somebody else
COLUMNS = (
    "first_name, last_name, company_id, title, email, address, address_hash, phone, mobile, street, postcode, city,"
    " country, language, no_mailings, former_employee, updated_at"
)

# What those with an id above %(above)s answered, a few thousand persons to an act. One in eight has never been asked.

ANSWERED = """
WITH act AS (
    INSERT INTO persons_act (door, is_own_door, expressed_by, token, reason, request_id)
    SELECT 'import', false, 'person', '', '', '' FROM generate_series(0, %(persons)s / 5000)
    RETURNING id, recorded_at),
numbered AS (SELECT *, row_number() OVER (ORDER BY id) - 1 AS number FROM act),
person AS (SELECT id, id * 7919 %% 100 AS luck FROM persons_person WHERE id > %(above)s),
answer AS (
    SELECT id, 'STORE' AS purpose_id, NULL AS type_id, CASE WHEN luck < 70 THEN '61F' ELSE '61B' END AS basis_id,
           '' AS comment
    FROM person WHERE luck < 95
    UNION ALL
    SELECT id, 'EMARKETING', NULL, CASE WHEN luck < 50 THEN '61A' WHEN luck < 70 THEN '61F' ELSE 'WITHDRAWN' END,
           CASE WHEN luck < 70 THEN 'Ticked the box in our old register.' ELSE '' END
    FROM person WHERE luck < 82
    UNION ALL
    SELECT id, NULL, 'NEWS', CASE WHEN luck %% 30 < 25 THEN '61A' ELSE 'WITHDRAWN' END, ''
    FROM person WHERE luck > 82 OR luck < 12),
kept AS MATERIALIZED (
    SELECT answer.*, nextval(pg_get_serial_sequence('persons_consentevent', 'id')) AS event_id,
           act.id AS act_id, act.recorded_at, uuid_send(gen_random_uuid()) AS salt,
           now() - make_interval(days => (answer.id %% 700)::int) AS given_at,
           CASE basis_id WHEN 'WITHDRAWN' THEN 1 ELSE 0 END AS force
    FROM (SELECT * FROM answer ORDER BY id) answer
    JOIN numbered act ON act.number = (answer.id - %(above)s) / 5000),
event AS (
    INSERT INTO persons_consentevent (id, act_id, person_id, purpose_id, subscription_type_id, basis_after_id,
                                      source_id, given_at, comment_digest, force, is_own, is_late)
    OVERRIDING SYSTEM VALUE
    SELECT event_id, act_id, id, purpose_id, type_id, basis_id, 'IMPORT', given_at,
           CASE WHEN comment <> '' THEN sha256(salt || convert_to(comment, 'UTF8')) END, force, false, false
    FROM kept),
evidence AS (
    INSERT INTO persons_evidence (event_id, salt, comment, file, file_name)
    SELECT event_id, salt, comment, '', '' FROM kept WHERE comment <> ''),
consent AS (
    INSERT INTO persons_consent (person_id, purpose_id, basis_id, event_id, source_id, given_at, recorded_at, force,
                                 is_own)
    SELECT id, purpose_id, basis_id, event_id, 'IMPORT', given_at, recorded_at, force, false
    FROM kept WHERE purpose_id IS NOT NULL)
INSERT INTO persons_subscription (person_id, type_id, is_active, event_id, source_id, given_at, recorded_at, force,
                                  is_own)
SELECT id, type_id, basis_id <> 'WITHDRAWN', event_id, 'IMPORT', given_at, recorded_at, force, false
FROM kept WHERE type_id IS NOT NULL"""

BOUNCED = """
    INSERT INTO persons_deliverability (address_hash, failed_at, bounces_in_a_row, diagnosis, updated_at)
    SELECT DISTINCT address_hash, now(), 0, '', now() FROM persons_person
    WHERE id % 97 = 0 AND address_hash IS NOT NULL"""


def make(persons: int) -> None:
    """Fill a migrated database: companies, persons, answers, bounces, one user; all sealed and analysed."""
    get_user_model().objects.create_superuser("admin@example.com", "benchmarks-only")
    companies = [Company(name=company(number)) for number in range(1 + persons // PERSONS_OF_A_COMPANY)]
    Company.objects.bulk_create(companies)
    with transaction.atomic():
        add(invented(persons), companies)
    with connection.cursor() as cursor:
        cursor.execute(BOUNCED)
        sealing.seal()
        cursor.execute("VACUUM ANALYZE")


def add(rows: Iterable[dict[str, str]], companies: list[Company]) -> int:
    """Persons by COPY, and their answers; how many answers those are. In a transaction of the caller."""
    now = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM persons_person")
        above = cursor.fetchone()[0]
        with cursor.copy(f"COPY persons_person ({COLUMNS}) FROM STDIN") as copy:
            for number, row in enumerate(rows):
                employer = companies[number // PERSONS_OF_A_COMPANY].pk
                copy.write_row(columns(row, employer, number, now))
        cursor.execute("ANALYZE persons_person")
        cursor.execute(ANSWERED, {"above": above, "persons": number + 1})
    return cursor.rowcount


def columns(row: dict[str, str], employer: int, number: int, now: datetime) -> tuple:
    email = row["email"] or None
    name = (row["first_name"], row["last_name"], employer, row["title"], row["email"], email)
    contact = (row["phone"], "", row["street"], row["postcode"], row["city"], row["country"], "en")
    return (*name, keyed_hash(email) if email else None, *contact, number % 67 == 0, number % 50 == 1, now)


def company(number: int, series: str = KNOWN) -> str:
    return f"Company {series} {number}"


def invented(persons: int, series: str = KNOWN) -> Iterator[dict[str, str]]:
    """What a file would say of each; one in twenty-five has no address, two share the one of their company."""
    for number in range(persons):
        yield {
            "first_name": FIRST_NAMES[number % len(FIRST_NAMES)],
            "last_name": f"{LAST_NAMES[number % len(LAST_NAMES)]} {number * 31 % 4999}",
            "company": company(number // PERSONS_OF_A_COMPANY, series),
            "title": "Purchasing" if number % 3 else "",
            "email": address(number, series),
            "phone": f"+47 2{number:07d}",
            "street": f"Street {number % 90}",
            "postcode": f"{number % 9000 + 1000}",
            "city": "Oslo",
            "country": COUNTRIES[number % len(COUNTRIES)],
        }


def address(number: int, series: str) -> str:
    match number % 25:
        case 3:
            return ""
        case 7 | 9:
            return f"post-{series}{number // PERSONS_OF_A_COMPANY}@example.com"
        case _:
            return f"{series}{number}@example.com"
