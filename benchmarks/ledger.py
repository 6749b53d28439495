"""Verifying the ledger."""

from django.db import connection

from benchmarks.timing import Bar, Work
from persons import sealing

A_MILLION = 60.0  # seconds


class Verify(Work):
    name = "Verify the ledger"
    bar = Bar(f"<= {A_MILLION:g} s a million events", lambda measured: 1_000_000 / measured.rate <= A_MILLION)
    rounds = 2

    def ours(self) -> int:
        found = sealing.verify()
        if not found.ok:
            raise AssertionError(found.first_problem)
        self.number = found.events
        return found.events

    def yardstick(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM (SELECT DISTINCT e.id FROM persons_consentevent e) e")
            return cursor.fetchone()[0]


WORKS = [Verify]
