"""The worker as a process of its own, killed and restarted, against a mail server that keeps what it accepted."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from django.test import Client

from mailings import audience, steering
from mailings.claims import LARGEST
from mailings.models import Mailing
from mailings.tasks import see_to_it
from persons import links
from persons.models import LinkToken
from tests.mailings.mail_server import MailServer
from tests.mailings.making import agree, persons, started

ROOT = Path(__file__).parents[2]
POINTS = ["accepted", "mail", "rcpt", "data", "dot", "answered"]  # the most dangerous first
LANES_OF_A_WORKER = 2
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


class Worker:
    """Processes, one after the other, that do the same work."""

    def __init__(self, database, server, log):
        self.log = log.open("ab")
        self.environment = os.environ | {
            "DATABASE_URL": database,
            "EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
            "EMAIL_TIMEOUT": "1",
            "DEFAULT_FROM_EMAIL": "news@shop.example",
        }
        self.start()

    def start(self):
        command = [sys.executable, "manage.py", "worker"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=self.log, stderr=self.log)

    def kill(self):
        self.process.kill()

    def restart(self):
        self.process.wait()
        self.start()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        self.log.close()
        return code


@pytest.fixture
def at_work(own_database, tmp_path, settings):
    """A factory: a worker process for a server, on the test's own database; killed at the end."""
    settings.EMAIL_TIMEOUT = 1.0
    workers = []

    def make(server):
        workers.append(Worker(own_database, server, tmp_path / "worker.log"))
        return workers[-1]

    yield make
    for worker in workers:
        worker.kill()
        worker.process.wait()
        worker.log.close()


def numbers(made):
    return audience.numbers(made)["states"]


def until(condition, seconds=60):
    """Wait for it, and see meanwhile to what the worker sees to every minute."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, "It never came to that."
        time.sleep(0.1)


def is_sent(made):
    see_to_it()
    return Mailing.objects.get(pk=made.pk).state == "sent"


def token_of(message):
    return message["List-Unsubscribe"].removeprefix("<").removesuffix("/>").rpartition("/")[2]


class KillAt:
    """Kills the worker when so many messages have come to such a point; then waits to be told the next."""

    def __init__(self):
        self.worker = None
        self.target = None
        self.passed = dict.fromkeys(POINTS, 0)
        self.happened = threading.Event()
        self.lock = threading.Lock()

    def __call__(self, point):
        with self.lock:
            self.passed[point] += 1
            if self.target and point == self.target[0] and self.passed[point] >= self.target[1]:
                self.target = None
                self.worker.kill()
                self.happened.set()

    def next(self, point, messages):
        """The next kill: at this point, so many messages from now."""
        self.happened.clear()
        with self.lock:
            self.target = (point, self.passed[point] + messages)


def killed_and_restarted(at_work, recipients, kills):
    """Send to so many persons and kill the worker so often on the way; the mailing and the server at the end."""
    many = persons(recipients)
    agree(*many)
    made = started()
    kill = KillAt()
    between = recipients // kills - LANES_OF_A_WORKER * LARGEST - 10  # a kill takes the claims of all lanes with it
    with MailServer(at=kill, delay=0.002) as server:
        kill.worker = at_work(server)
        for number in range(kills):
            kill.next(POINTS[number % len(POINTS)], random.randint(1, between))  # noqa: S311 - no secret
            assert kill.happened.wait(60)
            assert sum(numbers(made).values()) == recipients
            kill.worker.restart()
        until(lambda: is_sent(made), seconds=120)
        assert kill.worker.stop() == 0
    return made, server


def assert_nobody_twice_and_nobody_lost(made, server, recipients, kills):
    delivered = server.recipients
    uncertain = set(made.recipients.filter(state="uncertain").values_list("address", flat=True))
    sent = set(made.recipients.filter(state="sent").values_list("address", flat=True))

    assert len(delivered) == len(set(delivered))
    assert len(sent) + len(uncertain) == recipients
    assert sent <= set(delivered) <= sent | uncertain
    assert len(uncertain) <= kills * LANES_OF_A_WORKER * LARGEST
    assert set(numbers(made)) <= {"sent", "uncertain"}


def assert_every_message_is_whole(server):
    """Both headers of RFC 8058, a text part and an HTML part, and the link to leave in each."""
    for message in server.messages():
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        text, html = message.iter_parts()
        assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
        assert all(f"/u/{token_of(message)}/" in part.get_content() for part in (text, html))


def assert_every_link_works(server, looked_at=30):
    client, messages = Client(), server.messages()
    for message in random.sample(messages, min(looked_at, len(messages))):
        assert client.post(f"/u/{token_of(message)}/", ONE_CLICK).status_code == 200
        person = links.read(token_of(message)).person
        assert person.address == message["To"]
        assert list(person.subscriptions.values_list("type", "is_active")) == [("NEWS", False)]


def test_a_killed_worker_writes_to_nobody_twice_and_loses_nobody(at_work):
    made, server = killed_and_restarted(at_work, recipients=80, kills=1)

    assert_nobody_twice_and_nobody_lost(made, server, 80, 1)
    assert_every_link_works(server)


@pytest.mark.slow
def test_twenty_kills_among_ten_thousand_messages(at_work):
    made, server = killed_and_restarted(at_work, recipients=10_000, kills=20)

    assert_nobody_twice_and_nobody_lost(made, server, 10_000, 20)
    assert_every_message_is_whole(server)
    assert_every_link_works(server, 300)


def withdrawn_while_sending(at_work, recipients, withdrawals, delay):
    """Send, and let so many withdraw by link meanwhile; who was acknowledged when, and the server at the end."""
    many = persons(recipients)
    agree(*many)
    tokens = {person.pk: links.make() for person in random.sample(many, withdrawals)}
    LinkToken.objects.bulk_create(
        LinkToken(token_hash=links.hashed(token), person_id=pk, subscription_type_id="NEWS")
        for pk, token in tokens.items()
    )
    made = started()
    acknowledged = {}
    with MailServer(delay=delay) as server:
        worker = at_work(server)
        until(lambda: len(server.accepted) > 10)
        for pk, token in tokens.items():
            assert Client().post(f"/u/{token}/", ONE_CLICK).status_code == 200
            acknowledged[pk] = time.time()
        until(lambda: is_sent(made), seconds=180)
        worker.stop()
    return made, acknowledged, server


def assert_every_acknowledged_withdrawal_was_honoured(made, acknowledged, server):
    delivered = set(server.recipients)
    rows = made.recipients.filter(person__in=acknowledged)
    late = [
        row.pk for row in rows if row.address in delivered and row.claimed_at.timestamp() > acknowledged[row.person_id]
    ]
    assert late == []
    assert rows.filter(state="held_back", code="unsubscribed").exists()
    assert not rows.filter(state="held_back", address__in=delivered).exists()
    assert len(server.recipients) + made.recipients.filter(state="held_back").count() == made.recipients.count()


def test_nobody_receives_what_was_claimed_after_their_withdrawal_was_acknowledged(at_work):
    made, acknowledged, server = withdrawn_while_sending(at_work, recipients=300, withdrawals=40, delay=0.02)

    assert_every_acknowledged_withdrawal_was_honoured(made, acknowledged, server)


@pytest.mark.slow
def test_five_hundred_withdrawals_while_ten_thousand_messages_go_out(at_work):
    made, acknowledged, server = withdrawn_while_sending(at_work, recipients=10_000, withdrawals=500, delay=0.004)

    assert_every_acknowledged_withdrawal_was_honoured(made, acknowledged, server)


def test_told_to_stop_it_finishes_what_it_has_claimed(at_work):
    agree(*persons(400))
    made = started()
    with MailServer(delay=0.01) as server:
        worker = at_work(server)
        until(lambda: len(server.accepted) > 20)

        assert worker.stop() == 0

        assert set(numbers(made)) == {"sent", "waiting"}
        assert numbers(made)["sent"] == len(server.accepted)


def test_it_outlives_the_loss_of_all_its_connections_to_the_database(at_work, own_database):
    agree(*persons(300))
    made = started()
    with MailServer(delay=0.01) as server:
        worker = at_work(server)
        for messages in (30, 120):
            until(lambda goal=messages: len(server.accepted) > goal)
            with psycopg.connect(own_database, autocommit=True) as database:
                database.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            steering.connection.close()
        until(lambda: is_sent(made), seconds=120)

        assert worker.process.poll() is None
        assert numbers(made) == {"sent": 300}
        assert len(server.recipients) == len(set(server.recipients)) == 300
