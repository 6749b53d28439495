import threading
import time

from django.db import connection

from mailings.delivery import deliver
from mailings.models import SendingSettings
from tests.mailings.making import agree, persons, started


def test_workers_share_the_rate(own_database, mail_server):
    server = mail_server()
    agree(*persons(30))
    SendingSettings.objects.update(per_second_and_domain=20)
    made = started()
    until = time.monotonic() + 0.8

    def work():
        deliver(made, seconds=0.8)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    seconds = time.monotonic() - until + 0.8
    assert 10 < len(server.accepted) <= 10 + 20 * seconds + 1
