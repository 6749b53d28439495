"""All persons with their answers as a CSV file."""

from collections.abc import Iterator

from django.db import connection

from benchmarks.timing import Work, at_most
from persons import exporting
from persons.models import Person

BY_HAND = """
    COPY (SELECT p.id, p.first_name, p.last_name, p.email, y.name, p.title, p.phone, p.mobile, p.street, p.postcode,
                 p.city, p.country, p.language, p.no_mailings, p.former_employee, p.created_at, p.updated_at,
                 sb.name, ss.name, s.given_at, s.valid_until, eb.name, es.name, e.given_at, e.valid_until,
                 n.active, n.ended
          FROM persons_person p
          LEFT JOIN persons_company y ON y.id = p.company_id
          LEFT JOIN persons_consent s ON s.person_id = p.id AND s.purpose_id = 'STORE'
          LEFT JOIN purposes_legalbasis sb ON sb.key = s.basis_id
          LEFT JOIN purposes_source ss ON ss.key = s.source_id
          LEFT JOIN persons_consent e ON e.person_id = p.id AND e.purpose_id = 'EMARKETING'
          LEFT JOIN purposes_legalbasis eb ON eb.key = e.basis_id
          LEFT JOIN purposes_source es ON es.key = e.source_id
          LEFT JOIN (SELECT x.person_id, string_agg(t.name, ', ' ORDER BY t.name) FILTER (WHERE x.is_active) AS active,
                            string_agg(t.name, ', ' ORDER BY t.name) FILTER (WHERE NOT x.is_active) AS ended
                     FROM persons_subscription x JOIN purposes_subscriptiontype t ON t.key = x.type_id
                     GROUP BY x.person_id) n ON n.person_id = p.id
          WHERE p.erased_at IS NULL AND p.merged_into_id IS NULL ORDER BY p.id) TO STDOUT (FORMAT csv)"""


class AsCsv(Work):
    name = "Export of everybody, as CSV"
    bar = at_most(3)

    def prepare(self) -> None:
        self.number = self.persons

    def ours(self) -> int:
        fields = [field for _group, fields in exporting.groups() for field in fields]
        return lines(exporting.csv_lines(Person.objects.kept(), fields)) - 1

    def yardstick(self) -> int:
        with connection.cursor() as cursor, cursor.copy(BY_HAND) as rows:
            return lines(bytes(row) for row in rows)


def lines(blocks: Iterator[bytes]) -> int:
    return sum(block.count(b"\n") for block in blocks)


WORKS = [AsCsv]
