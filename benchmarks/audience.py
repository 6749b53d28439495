"""Building the recipients of a mailing to everybody."""

from django.db import connection

from benchmarks.timing import Work, at_most
from benchmarks.verdict import BY_HAND
from mailings import audience
from mailings.models import Mailing

INSERTED = f"""
    INSERT INTO mailings_recipient (mailing_id, person_id, address, address_hash, one_per_address, code, event_id,
                                    state, attempts, answer)
    SELECT %s, id, address, address_hash, true,
           CASE WHEN code IN ('consent', 'subscription') AND copy > 1 THEN 'duplicate' ELSE code END, event_id,
           CASE WHEN code IN ('consent', 'subscription') AND copy = 1 THEN 'waiting' ELSE 'held_back' END, 0, ''
    FROM (SELECT v.*, row_number() OVER (PARTITION BY address, code IN ('consent', 'subscription') ORDER BY id) AS copy
          FROM ({BY_HAND}) v) numbered"""


class Build(Work):
    name = "Recipients of a mailing to everybody"
    bar = at_most(1.3)
    writes = True

    def prepare(self) -> None:
        self.mailing = Mailing.objects.create(name="Benchmark", to_everybody=True)
        self.number = self.persons

    def ours(self) -> dict[str, int]:
        audience.build(self.mailing)
        return self.counted()

    def yardstick(self) -> dict[str, int]:
        with connection.cursor() as cursor:
            cursor.execute(INSERTED, [self.mailing.pk])
        return self.counted()

    def counted(self) -> dict[str, int]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT code, count(*) FROM mailings_recipient GROUP BY code")
            return dict(cursor.fetchall())


WORKS = [Build]
