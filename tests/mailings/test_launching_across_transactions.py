"""Two people press Start in the same moment."""

import threading

from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from mailings import launching
from mailings.models import Mailing, SendingSettings
from mailings.steering import LANES, Refused
from tests.factories import UserFactory
from tests.mailings.making import agree, mailing, persons


def test_two_starts_at_once_are_one_run(own_database):
    SendingSettings.objects.update(postal_address="Storgata 1, 0155 Oslo")
    agree(*persons(20))
    made, users = mailing(), UserFactory.create_batch(2)
    together, ends = threading.Barrier(2), []

    def press(user):
        together.wait()
        try:
            ends.append(launching.start(made, by=user, expected=20))
        except Refused as refusal:
            ends.append(str(refusal))
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=[user]) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(str, ends)) == ["20", "The mailing has been started already; its status is: Sending."]
    assert Mailing.objects.get().recipients.count() == 20
    assert ProcrastinateJob.objects.filter(task_name="mailings.tasks.deliver").count() == LANES
