"""Which person each staged row belongs to (rules 4.11), and what the rows add to the persons: one batch at a time.

Everything is set-based and done in the order of this page, in one transaction. The persons that may be meant are
locked first, in ascending id, as every writer does.
"""

from typing import Any

from django.db import connection

ONE_IMPORT_AT_A_TIME = 7_421_002  # advisory: two imports would make the same new person twice

IN_BATCH = "r.imported_by_id = %(import)s AND r.bucket >= %(low)s AND r.bucket < %(high)s"
UNASSIGNED = f"{IN_BATCH} AND r.person_id IS NULL"
KEPT = "p.erased_at IS NULL AND p.merged_into_id IS NULL"

BY_EXTERNAL_ID = f"""
    SELECT r.number, coalesce(p.merged_into_id, p.id) AS id
    FROM persons_importrow r
    JOIN persons_externalid x ON x.system = r.system AND x.value = r.external_id
    JOIN persons_person p ON p.id = x.person_id AND p.erased_at IS NULL
    WHERE {UNASSIGNED} AND r.address IS NULL AND r.external_id <> ''"""

BY_ADDRESS_AND_NAME = f"""
    SELECT r.number, min(p.id) AS id
    FROM persons_importrow r JOIN persons_person p ON p.address = r.address AND p.name_key = r.name_key
    WHERE {UNASSIGNED} AND r.name_key <> ''
    GROUP BY r.number"""

# the only person with the address has no name yet: the first name in the file is theirs
BY_ADDRESS_OF_THE_NAMELESS = f"""
    WITH alone AS MATERIALIZED (
        SELECT p.address, min(p.id) AS id FROM persons_person p
        WHERE p.address IN (SELECT r.address FROM persons_importrow r WHERE {UNASSIGNED} AND r.name_key <> '')
        GROUP BY p.address HAVING count(*) = 1 AND max(p.name_key) = ''),
    first AS MATERIALIZED (
        SELECT DISTINCT ON (r.address) r.address, r.name_key FROM persons_importrow r
        WHERE {UNASSIGNED} AND r.name_key <> '' ORDER BY r.address, r.number)
    SELECT r.number, alone.id
    FROM persons_importrow r JOIN first USING (address, name_key) JOIN alone USING (address)
    WHERE {UNASSIGNED}"""

BY_ADDRESS_ALONE = f"""
    SELECT r.number, min(p.id) AS id
    FROM persons_importrow r JOIN persons_person p ON p.address = r.address
    WHERE {UNASSIGNED} AND r.name_key = ''
    GROUP BY r.number HAVING count(*) = 1"""

# Of several rows with one id and no address the first says who it is, the others follow it.
FIRST_OF_ITS_ID = """NOT EXISTS (
        SELECT FROM persons_importrow e
        WHERE e.imported_by_id = %(import)s AND e.bucket >= %(low)s AND e.bucket < %(high)s AND e.person_id IS NULL
          AND e.external_id = r.external_id AND e.external_id <> '' AND e.number < r.number
          AND e.address IS NULL AND (e.name_key <> '' OR e.email <> ''))"""

BY_NAME_AND_COMPANY = f"""
    SELECT r.number, min(p.id) AS id
    FROM persons_importrow r
    JOIN persons_person p ON p.name_key = r.name_key AND p.address IS NULL AND {KEPT}
    LEFT JOIN persons_company c ON c.id = p.company_id
    WHERE {UNASSIGNED} AND r.address IS NULL AND r.name_key <> '' AND coalesce(c.name_key, '') = r.company_key
      AND {FIRST_OF_ITS_ID}
    GROUP BY r.number"""

BY_WHAT_WAS_TYPED = f"""
    SELECT r.number, min(p.id) AS id
    FROM persons_importrow r
    JOIN persons_person p ON p.name_key = '' AND p.email = r.email AND p.address IS NULL AND {KEPT}
    WHERE {UNASSIGNED} AND r.address IS NULL AND r.name_key = '' AND r.email <> '' AND {FIRST_OF_ITS_ID}
    GROUP BY r.number"""

LOCKED = f"""
    SELECT p.id FROM persons_person p
    WHERE p.id IN (
        SELECT p.id FROM persons_importrow r JOIN persons_person p ON p.address = r.address WHERE {IN_BATCH}
        UNION SELECT id FROM ({BY_EXTERNAL_ID}) x
        UNION SELECT id FROM ({BY_NAME_AND_COMPANY}) n
        UNION SELECT id FROM ({BY_WHAT_WAS_TYPED}) t)
    ORDER BY p.id FOR NO KEY UPDATE"""

ASSIGNED = """
    UPDATE persons_importrow r SET person_id = found.id FROM ({found}) found
    WHERE r.imported_by_id = %(import)s AND r.number = found.number"""

NEW_COMPANIES = f"""
    INSERT INTO persons_company (name, country, no_mailings, created_at, updated_at)
    SELECT DISTINCT ON (r.company_key) btrim(r.company), '', false, clock_timestamp(), clock_timestamp()
    FROM persons_importrow r
    WHERE {IN_BATCH} AND r.company_key <> ''
      AND NOT EXISTS (SELECT FROM persons_company c WHERE c.name_key = r.company_key)
    ORDER BY r.company_key, r.number"""

TEXTS = "title, email, phone, mobile, street, postcode, city, country"

CREATED = f"""
    INSERT INTO persons_person (first_name, last_name, company_id, {TEXTS}, address, address_hash, language,
                                no_mailings, former_employee, created_at, updated_at)
    SELECT DISTINCT ON ({{identity}}) r.first_name, r.last_name,
           (SELECT min(c.id) FROM persons_company c WHERE c.name_key = r.company_key AND r.company_key <> ''),
           {TEXTS}, r.address, r.address_hash, '', false, false, clock_timestamp(), clock_timestamp()
    FROM persons_importrow r
    WHERE {UNASSIGNED} AND {{who}}
    ORDER BY {{identity}}, r.number
    RETURNING id"""

CREATED_BY_ADDRESS_AND_NAME = CREATED.format(
    identity="r.address, r.name_key", who="r.address IS NOT NULL AND r.name_key <> ''"
)
CREATED_BY_ADDRESS = CREATED.format(
    identity="r.address",
    who="r.name_key = '' AND r.address IS NOT NULL"
    " AND NOT EXISTS (SELECT FROM persons_person p WHERE p.address = r.address)",
)
CREATED_BY_NAME = CREATED.format(
    identity="r.name_key, r.company_key", who=f"r.address IS NULL AND r.name_key <> '' AND {FIRST_OF_ITS_ID}"
)
CREATED_BY_WHAT_WAS_TYPED = CREATED.format(
    identity="r.email", who=f"r.address IS NULL AND r.name_key = '' AND r.email <> '' AND {FIRST_OF_ITS_ID}"
)

UNASSIGNABLE = f"""
    SELECT r.number, CASE WHEN r.address IS NULL THEN 'nobody' ELSE 'ambiguous' END
    FROM persons_importrow r WHERE {UNASSIGNED}"""

PLACED = "r.street || r.postcode || r.city <> ''"


def _fact(name: str) -> str:
    """What becomes of one fact of a person, by what was chosen for persons who are known (staging.Known)."""
    return f"""CASE how WHEN 'all' THEN coalesce(said.{name}, p.{name}) WHEN 'skip' THEN p.{name}
                    ELSE coalesce(nullif(p.{name}, ''), said.{name}, '') END AS {name}"""


def _place(name: str) -> str:
    """One part of the address: all of it comes from one row, or none."""
    return f"""CASE WHEN (how = 'all' AND said.street IS NOT NULL)
                     OR (how = 'empty' AND p.street || p.postcode || p.city = '') THEN coalesce(said.{name}, '')
                    ELSE p.{name} END AS {name}"""


# The rows fill what is empty, or more, or less. A name and a place are taken from one row each; flags are set and never
# cleared, and an address is never changed: who has another is another person.
FILLED = f"""
    WITH said AS (
        SELECT r.person_id,
               (array_agg(r.first_name ORDER BY r.number) FILTER (WHERE r.name_key <> ''))[1] AS first_name,
               (array_agg(r.last_name ORDER BY r.number) FILTER (WHERE r.name_key <> ''))[1] AS last_name,
               (array_agg(r.company_key ORDER BY r.number) FILTER (WHERE r.company_key <> ''))[1] AS company_key,
               (array_agg(r.title ORDER BY r.number) FILTER (WHERE r.title <> ''))[1] AS title,
               (array_agg(r.email ORDER BY r.number) FILTER (WHERE r.email <> ''))[1] AS email,
               (array_agg(r.phone ORDER BY r.number) FILTER (WHERE r.phone <> ''))[1] AS phone,
               (array_agg(r.mobile ORDER BY r.number) FILTER (WHERE r.mobile <> ''))[1] AS mobile,
               (array_agg(r.street ORDER BY r.number) FILTER (WHERE {PLACED}))[1] AS street,
               (array_agg(r.postcode ORDER BY r.number) FILTER (WHERE {PLACED}))[1] AS postcode,
               (array_agg(r.city ORDER BY r.number) FILTER (WHERE {PLACED}))[1] AS city,
               (array_agg(r.country ORDER BY r.number) FILTER (WHERE r.country <> ''))[1] AS country,
               bool_or(r.no_mailings) AS no_mailings, bool_or(r.former_employee) AS former_employee
        FROM persons_importrow r WHERE {IN_BATCH} AND r.person_id IS NOT NULL GROUP BY r.person_id),
    merged AS (
        SELECT p.id,
               CASE WHEN p.name_key = '' AND how <> 'skip' THEN coalesce(said.first_name, '') ELSE p.first_name END
                   AS first_name,
               CASE WHEN p.name_key = '' AND how <> 'skip' THEN coalesce(said.last_name, '') ELSE p.last_name END
                   AS last_name,
               CASE WHEN how = 'skip' THEN p.company_id WHEN how = 'all' THEN coalesce(at.id, p.company_id)
                    ELSE coalesce(p.company_id, at.id) END AS company_id,
               {_fact("title")},
               CASE WHEN how = 'skip' THEN p.email ELSE coalesce(nullif(p.email, ''), said.email, '') END AS email,
               {_fact("phone")},
               {_fact("mobile")},
               {_place("street")},
               {_place("postcode")},
               {_place("city")},
               {_fact("country")},
               p.no_mailings OR said.no_mailings AS no_mailings,
               p.former_employee OR said.former_employee AS former_employee
        FROM said JOIN persons_person p ON p.id = said.person_id
        CROSS JOIN LATERAL (
            SELECT CASE WHEN p.id = ANY(%(created)s::bigint[]) THEN 'empty' ELSE %(known)s END AS how) chosen
        LEFT JOIN LATERAL (
            SELECT min(c.id) AS id FROM persons_company c WHERE c.name_key = said.company_key) at ON true)
    UPDATE persons_person p
    SET (first_name, last_name, company_id, {TEXTS}, no_mailings, former_employee, updated_at)
      = (m.first_name, m.last_name, m.company_id, m.title, m.email, m.phone, m.mobile, m.street, m.postcode, m.city,
         m.country, m.no_mailings, m.former_employee, clock_timestamp())
    FROM merged m
    WHERE p.id = m.id
      AND (p.first_name, p.last_name, p.company_id, p.title, p.email, p.phone, p.mobile, p.street, p.postcode, p.city,
           p.country, p.no_mailings, p.former_employee)
          IS DISTINCT FROM (m.first_name, m.last_name, m.company_id, m.title, m.email, m.phone, m.mobile, m.street,
           m.postcode, m.city, m.country, m.no_mailings, m.former_employee)
    RETURNING p.id"""

EXTERNAL_IDS = f"""
    INSERT INTO persons_externalid (person_id, system, value)
    SELECT DISTINCT ON (r.system, r.external_id) r.person_id, r.system, r.external_id
    FROM persons_importrow r
    WHERE {IN_BATCH} AND r.person_id IS NOT NULL AND r.system <> '' AND r.external_id <> ''
    ORDER BY r.system, r.external_id, r.number
    ON CONFLICT DO NOTHING"""

# one failure of the class "no such address" (rules 3, row 4), not later than the import; who cleared it later
# knew better
BOUNCES = f"""
    INSERT INTO persons_deliverability (address_hash, failed_at, bounces_in_a_row, diagnosis, updated_at)
    SELECT r.address_hash, least(min(r.bounced_at), %(moment)s), 0, '', clock_timestamp()
    FROM persons_importrow r WHERE {IN_BATCH} AND r.has_bounced AND r.address_hash IS NOT NULL
    GROUP BY r.address_hash
    ON CONFLICT (address_hash) DO UPDATE SET failed_at = excluded.failed_at, updated_at = excluded.updated_at
    WHERE persons_deliverability.failed_at IS NULL
      AND coalesce(persons_deliverability.cleared_at < excluded.failed_at, true)"""


def assign_persons(batch: dict[str, Any]) -> list[int]:
    """Give every row of the batch its person, creating whom nobody knows yet; the ids of those created.

    Rows left without a person are told by `unassignable`.
    """
    wait_for_the_batch()
    with connection.cursor() as cursor:
        cursor.execute(LOCKED, batch)
        cursor.execute(NEW_COMPANIES, batch)
        for found in (BY_EXTERNAL_ID, BY_ADDRESS_AND_NAME, BY_ADDRESS_OF_THE_NAMELESS):
            cursor.execute(ASSIGNED.format(found=found), batch)
        created = _create(cursor, batch, CREATED_BY_ADDRESS_AND_NAME, then=BY_ADDRESS_AND_NAME)
        cursor.execute(ASSIGNED.format(found=BY_ADDRESS_ALONE), batch)
        created += _create(cursor, batch, CREATED_BY_ADDRESS, then=BY_ADDRESS_ALONE)
        _keep_external_ids(cursor, batch)
        for found, missing in (
            (BY_NAME_AND_COMPANY, CREATED_BY_NAME),
            (BY_WHAT_WAS_TYPED, CREATED_BY_WHAT_WAS_TYPED),
        ):
            cursor.execute(ASSIGNED.format(found=found), batch)
            created += _create(cursor, batch, missing, then=found)
        _keep_external_ids(cursor, batch)
    return created


def wait_for_the_batch() -> None:
    """Until the transaction ends no other batch is under way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_IMPORT_AT_A_TIME])


def unassignable(batch: dict[str, Any]) -> list[tuple[int, str]]:
    """The rows that belong to nobody, or to one of several, with the reason."""
    with connection.cursor() as cursor:
        cursor.execute(UNASSIGNABLE, batch)
        return cursor.fetchall()


def add_facts(batch: dict[str, Any], created: list[int]) -> set[int]:
    """Take over what the rows say of the persons, note bounces; the ids of those whom it changed."""
    with connection.cursor() as cursor:
        cursor.execute(FILLED, batch | {"created": created})
        filled = {person for (person,) in cursor.fetchall()}
        cursor.execute(BOUNCES, batch)
    return filled


def _create(cursor: Any, batch: dict[str, Any], missing: str, *, then: str) -> list[int]:
    cursor.execute(missing, batch)
    created = [person for (person,) in cursor.fetchall()]
    if created:
        cursor.execute(ASSIGNED.format(found=then), batch)
    return created


def _keep_external_ids(cursor: Any, batch: dict[str, Any]) -> None:
    """From now on a row of the file that has but the id belongs to the person too, as it would the second time."""
    cursor.execute(EXTERNAL_IDS, batch)
    cursor.execute(ASSIGNED.format(found=BY_EXTERNAL_ID), batch)
