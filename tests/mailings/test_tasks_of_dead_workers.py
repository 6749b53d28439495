import asyncio

import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob

from mailings import steering, tasks


def take_up():
    async def run():
        async with app.open_async():
            await tasks.take_up(timestamp=0)

    with app.replace_connector(DjangoConnector().get_worker_connector()):
        asyncio.run(run())


def begun_by_a_worker_silent_for(seconds):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s * interval '1 second') RETURNING id",
            [seconds],
        )
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", cursor.fetchone())


@pytest.mark.parametrize(("silent", "status"), [(2, "doing"), (60, "todo")])
def test_what_a_dead_worker_had_begun_is_queued_again(own_database, silent, status):
    steering.queue(1, lane=0)
    begun_by_a_worker_silent_for(silent)

    take_up()

    assert [job.status for job in ProcrastinateJob.objects.all()] == [status]


def test_once_is_enough(own_database):
    steering.queue(1, lane=0)
    begun_by_a_worker_silent_for(60)
    steering.queue(1, lane=0)

    take_up()

    assert [job.status for job in ProcrastinateJob.objects.all()] == ["todo"]
