import re
import threading

import psycopg
from django.db import connection

from mailings.claims import Claimer
from mailings.delivery import deliver
from tests.mailings.making import agree, persons, started


def test_two_runs_at_once_share_the_work(own_database, mail_server):
    server = mail_server(delay=0.002)
    agree(*persons(200))
    made = started()
    barrier = threading.Barrier(2)

    def go():
        barrier.wait()
        try:
            deliver(made, seconds=20)
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(server.accepted) == len(set(server.recipients)) == 200
    assert server.connections == 2
    assert set(made.recipients.values_list("state", flat=True)) == {"sent"}


def test_a_claim_far_along_a_long_list_looks_at_no_row_twice(own_database):
    """However many were claimed before it, and however many other mailings there are."""
    agree(*persons(1500))
    others, made = [started(), started()], started()
    for other in others:
        other.recipients.update(state="cancelled")
    made.recipients.filter(pk__in=made.recipients.order_by("id").values("pk")[:1400]).update(state="cancelled")
    claimer = Claimer(made)
    claimer.claim(1)

    taken = explained(claimer).split("CTE judged")[0]

    assert "Seq Scan on mailings_recipient" not in taken
    removed = [int(rows) for rows in re.findall(r"Rows Removed by Filter: (\d+)", taken)]
    assert sum(removed) < 20, "a list of four entries may be read whole, the recipients not"


def explained(claimer):
    facts = {"after": claimer.after, "claim": 1, "hashes": [b"x"], "without": []}
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute("EXPLAIN (ANALYZE, TIMING OFF) " + claimer.statements[1], claimer.parameters | facts)
        return "\n".join(line for (line,) in cursor)
