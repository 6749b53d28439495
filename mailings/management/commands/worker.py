import asyncio
import contextlib
import logging
import signal

from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException

from mailings.steering import MAIL
from mailings.tasks import HEARTBEAT, SILENCE, UPKEEP, see_to_it
from persons.checks import refuse_another_secret
from persons.tasks import IMPORTS, OPERATIONS

logger = logging.getLogger(__name__)

AWAY = (ConnectorException, OperationalError, InterfaceError, OSError)  # the database is restarting
PAUSE = 1.0  # seconds before the database is tried again


class Command(BaseCommand):
    help = "Sends mailings and does the work of every minute, until it is told to stop. Run as many as wanted."

    def add_arguments(self, parser):
        parser.add_argument("--concurrency", type=int, default=2, help="mail connections at a time (%(default)s)")

    def handle(self, *, concurrency, **_):
        if concurrency < 1:
            raise CommandError("A worker needs at least one connection: --concurrency 1.", returncode=2)
        try:
            refuse_another_secret()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
        with app.replace_connector(DjangoConnector().get_worker_connector()):
            asyncio.run(_run(concurrency))
        self.stdout.write("Stopped.")


async def _run(concurrency):
    """Four queues side by side until told to stop; after a restart of the database begin again."""
    stopping = asyncio.Event()
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_, stopping.set)
    while not stopping.is_set():
        try:
            async with app.open_async():
                await sync_to_async(_look_around, thread_sensitive=False)()
                await _work(concurrency, stopping)
        except AWAY as error:
            logger.warning("The database is away: %s", str(error).strip())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), PAUSE)


def _look_around():
    """Before the first job: what a worker that was killed has left. Its jobs look begun, and are not trusted."""
    try:
        see_to_it(ignoring_jobs_begun=True)
    finally:
        connection.close()


async def _work(concurrency, stopping):
    """Serve the queues. When one of them ends, or we are told to stop, all end: after the claims they are at."""
    told = asyncio.create_task(stopping.wait())
    served = {MAIL: concurrency, UPKEEP: 2, IMPORTS: 1, OPERATIONS: 1}
    queues = [asyncio.create_task(_serve(queue, jobs)) for queue, jobs in served.items()]
    await asyncio.wait([told, *queues], return_when=asyncio.FIRST_COMPLETED)
    for task in (told, *queues):
        task.cancel()
    for ended in await asyncio.gather(*queues, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended


async def _serve(queue, concurrency):
    await app.run_worker_async(
        queues=[queue],
        concurrency=concurrency,
        fetch_job_polling_interval=1.0,
        shutdown_graceful_timeout=0.05,
        install_signal_handlers=False,
        update_heartbeat_interval=HEARTBEAT,
        stalled_worker_timeout=SILENCE,
        delete_jobs="successful",
    )
