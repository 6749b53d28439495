"""Five people press Start in the same moment, two workers make the same list, and somebody calls it off meanwhile."""

import threading
import time

import pytest
from django.db import OperationalError, connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from mailings import audience, launching, listing
from mailings.models import Mailing, SendingSettings
from mailings.steering import DELIVER, LANES, Refused
from tests.at_once import at_once as together
from tests.factories import UserFactory
from tests.mailings.making import agree, mailing, persons


@pytest.fixture
def made(own_database):
    SendingSettings.objects.update(postal_address="Storgata 1, 0155 Oslo")
    agree(*persons(20))
    return mailing()


def at_once(action, *arguments):
    return together(action, *arguments, refusals=(Refused, OperationalError))


def in_the_middle_of_the_list(*, do):
    """While a worker is in the middle of making the list, do something; then let the worker go on."""
    mailing_id = Mailing.objects.get().pk
    worker = threading.Thread(target=at_once, args=[listing.make, mailing_id])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE mailings_recipient IN SHARE MODE")
        worker.start()
        while not cursor.execute(WAITING).rowcount:
            time.sleep(0.01)
        do(cursor)
    worker.join()


WAITING = "SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'mailings_recipient'::regclass"


def numbers():
    jobs = ProcrastinateJob.objects.filter(task_name=DELIVER).count()
    return Mailing.objects.get().state, Mailing.objects.get().recipients.count(), jobs


def test_five_starts_and_two_workers_at_once_are_one_run(made):
    ends = at_once(lambda user: launching.start(made, by=user, confirmed=20), *UserFactory.create_batch(5))
    refusal = "The mailing has been started already; its status is: Making the list."
    assert sorted(map(str, ends)) == ["None", *[refusal] * 4]
    assert ProcrastinateJob.objects.filter(task_name=listing.MAKE).count() == 1

    at_once(listing.make, made.pk, made.pk)

    assert numbers() == ("sending", 20, LANES)


def test_a_list_being_made_can_be_called_off_and_comes_to_nothing(made):
    launching.start(made, by=UserFactory())

    in_the_middle_of_the_list(do=lambda _: at_once(launching.call_off, made))

    assert numbers() == ("draft", 0, 0)


def test_a_list_called_off_and_asked_for_again_is_made_once(made):
    user = UserFactory()
    launching.start(made, by=user)

    def call_off_and_start(_):
        at_once(launching.call_off, made)
        at_once(lambda user: launching.start(made, by=user, confirmed=20), user)

    in_the_middle_of_the_list(do=call_off_and_start)

    assert numbers() == ("building", 0, 0)
    listing.make(made.pk)
    assert numbers() == ("sending", 20, LANES)


def test_a_worker_that_dies_in_the_middle_leaves_the_list_to_the_next_one(made):
    audience.build(made)
    launching.start(made, by=UserFactory())

    in_the_middle_of_the_list(do=lambda cursor: cursor.execute(f"SELECT pg_terminate_backend(pid) FROM ({WAITING}) w"))

    assert numbers() == ("building", 20, 0)
    assert "terminating connection" in Mailing.objects.get().trouble
    assert listing.unfinished() == [made.pk]
    listing.make(made.pk)
    assert numbers() == ("sending", 20, LANES)
