import pytest
from django.db import connection
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job

from mailings import audience, steering, tasks
from mailings.models import Mailing
from persons.models import SealedAct, UnsealedAct
from tests.mailings.making import agree, persons, started

pytestmark = pytest.mark.django_db


@pytest.fixture
def sending():
    """A mailing whose first jobs are gone: what is queued now is what the job queues itself."""
    agree(*persons(3))
    made = started()
    execute("DELETE FROM procrastinate_jobs")
    return made


def execute(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def deliver(made, *, told_to_stop=False, **facts):
    job = Job(id=1, queue="mail", lock=None, queueing_lock=None, task_name="deliver", status="doing")
    reason = lambda: "shutdown" if told_to_stop else None  # noqa: E731 - what procrastinate passes
    context = JobContext(app=app, job=job, abort_reason=reason, start_timestamp=0.0)
    tasks.deliver(context, mailing=made.pk, lane=1, **facts)


def queued():
    """The one job that waits: its arguments and in how many seconds it may begin."""
    job = ProcrastinateJob.objects.get(status="todo")
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM coalesce(%s, now()) - now())", [job.scheduled_at])
        return job.args, float(cursor.fetchone()[0])


def test_a_mailing_that_is_done_queues_nothing(mail_server, sending):
    mail_server()

    deliver(sending)

    assert Mailing.objects.get().state == "sent"
    assert not ProcrastinateJob.objects.exists()


def test_who_may_be_tried_again_later_is_come_back_for(mail_server, sending):
    mail_server(rcpt="451 4.7.1 later")

    deliver(sending)

    arguments, wait = queued()
    assert arguments == {"mailing": sending.pk, "lane": 1, "troubles": 0}
    assert 3 < wait < 7


def test_a_server_that_is_away_is_tried_less_and_less_often(mail_server, sending):
    mail_server(greeting="421 busy")

    for troubles, least, most in ((0, 1.5, 2.5), (3, 12, 20), (30, 45, 75)):
        execute("DELETE FROM procrastinate_jobs")
        deliver(sending, troubles=troubles)

        arguments, wait = queued()
        assert arguments["troubles"] == troubles + 1
        assert least - 0.5 < wait < most + 0.5


def test_told_to_stop_it_queues_itself_for_another_worker(mail_server, sending):
    server = mail_server()

    deliver(sending, told_to_stop=True)

    assert (server.accepted, queued()[1]) == ([], 0)


@pytest.mark.parametrize("state", ["paused", "cancelled", "sent"])
def test_a_mailing_that_is_not_being_sent_is_left_alone(mail_server, sending, state):
    server = mail_server()
    Mailing.objects.update(state=state)

    deliver(sending)

    assert (server.connections, ProcrastinateJob.objects.count()) == (0, 0)


def test_the_sweep_sets_right_what_dead_workers_left(sending):
    sending.recipients.update(state="claimed", claim=1, claimed_at="2026-01-01T00:00Z")

    tasks.sweep(timestamp=0)

    assert audience.numbers(sending)["states"] == {"uncertain": 3}
    assert Mailing.objects.get().state == "sent"


def test_the_sweep_puts_somebody_to_work_where_nobody_is(sending):
    tasks.sweep(timestamp=0)
    tasks.sweep(timestamp=60)

    assert ProcrastinateJob.objects.filter(status="todo").count() == steering.LANES


def test_new_acts_are_sealed(sending):
    assert UnsealedAct.objects.exists()

    tasks.seal(timestamp=0)

    assert not UnsealedAct.objects.exists()
    assert SealedAct.objects.exists()


def test_every_task_says_how_often_it_is_tried_and_upkeep_has_a_queue_of_its_own():
    ours = {name: task for name, task in app.tasks.items() if name.startswith("mailings.")}

    assert {name.rpartition(".")[2]: task.queue for name, task in ours.items()} == {
        "deliver": "mail",
        "hand_over_singles": "mail",
        "make_list": "mail",
        "fetch_bounces": "upkeep",
        "start_due": "upkeep",
        "sweep": "upkeep",
        "take_up": "upkeep",
        "seal": "upkeep",
    }
    assert all(task.retry_strategy for task in ours.values())
