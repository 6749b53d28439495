import threading

from django.db import connection

from persons import leaving, links
from persons.ledger import Recorder
from persons.models import ConsentEvent, Door, LinkToken
from tests.factories import PersonFactory


def test_six_clicks_at_once_are_one_stop(own_database):
    person = PersonFactory()
    token = links.make()
    LinkToken.objects.create(token_hash=links.hashed(token), person=person, purpose_id="EMARKETING")
    barrier, wrote = threading.Barrier(6, timeout=20), []

    def click():
        link = links.read(token)
        barrier.wait()
        try:
            wrote.append(leaving.leave(link, leaving.Scope.of(link), by=Recorder(door=Door.ONE_CLICK)))
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(wrote) == [False] * 5 + [True]
    assert ConsentEvent.objects.count() == 1
