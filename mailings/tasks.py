"""What the worker runs. Every job can be run twice, and taken up by another worker at any point."""

import logging
import random

from django.conf import settings
from procrastinate import JobContext, RetryStrategy, exceptions
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from mailings import delivery, launching, listing, mailboxes, pacing, singles, steering
from mailings.models import Mailing
from mailings.steering import MAIL
from persons import sealing
from persons.singles import put_to_work

logger = logging.getLogger(__name__)

UPKEEP = "upkeep"  # a queue of its own, so that long mailings do not hold it up
SLICE = 20.0  # seconds after which a mailing makes room for the others
LONGEST_REST = 60.0  # seconds between two attempts to reach the mail server
HEARTBEAT = 3.0  # seconds between two signs of life of a worker
SILENCE = 15.0  # seconds without one, after which a worker is taken for dead

AGAIN = RetryStrategy(max_attempts=20, wait=2, linear_wait=5)
NEXT_MINUTE = RetryStrategy(max_attempts=1)  # runs every minute anyway


@app.task(queue=MAIL, retry=AGAIN, pass_context=True)
def deliver(context: JobContext, mailing: int, lane: int, troubles: int = 0) -> None:
    """Send a mailing for a while, then queue up behind the others; after trouble with the server, a little later."""
    sending = Mailing.objects.select_related("type", "purpose").filter(pk=mailing, state=Mailing.State.SENDING).first()
    if sending is None:
        return
    rest = delivery.deliver(sending, seconds=SLICE, stopped=context.should_abort)
    if rest.wait is None:
        return
    troubles = troubles + 1 if rest.in_trouble else 0
    wait = max(rest.wait, min(2.0**troubles, LONGEST_REST) * random.uniform(0.75, 1.25) if troubles else 0.0)  # noqa: S311
    steering.queue(mailing, lane, wait=wait, troubles=troubles)


@app.task(queue=MAIL, retry=AGAIN)
def make_list(mailing: int) -> None:
    """Make the list of a mailing's recipients, and go on with what it was made for."""
    listing.make(mailing)


@app.task(queue=MAIL, retry=AGAIN, pass_context=True)
def hand_over_singles(context: JobContext) -> None:
    """Hand over the messages to one person that are due, and come back when the next one is."""
    rest = singles.deliver(seconds=SLICE, stopped=context.should_abort)
    if rest.wait is not None:
        put_to_work(max(rest.wait, LONGEST_REST * random.uniform(0.25, 0.5) if rest.in_trouble else 0.0))  # noqa: S311


@app.periodic(cron="* * * * *")
@app.task(queue=UPKEEP, queueing_lock="sweep", retry=NEXT_MINUTE)
def sweep(timestamp: int) -> None:
    """What nobody else sees to: claims whose worker died, mailings that are done, mailings that nobody works on."""
    see_to_it()


@app.periodic(cron="* * * * *")
@app.task(queue=UPKEEP, queueing_lock="start_due", retry=NEXT_MINUTE)
def start_due(timestamp: int) -> None:
    """Start the mailings that were scheduled for now."""
    launching.start_due()


@app.periodic(cron="* * * * *")
@app.task(queue=UPKEEP, queueing_lock="take_up", retry=NEXT_MINUTE)
async def take_up(timestamp: int) -> None:
    """Queue again what dead workers had begun."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENCE):
        try:
            await app.job_manager.retry_job(job)
        except exceptions.ConnectorException:  # it is queued already, and one is enough
            await app.job_manager.finish_job(job, Status.ABORTED, delete_job=True)


@app.periodic(cron="* * * * *")
@app.task(queue=UPKEEP, queueing_lock="seal", retry=NEXT_MINUTE)
def seal(timestamp: int) -> None:
    """Seal the acts that are not sealed yet (rules 4.2)."""
    sealing.seal()


@app.periodic(cron="*/5 * * * *")
@app.task(queue=UPKEEP, queueing_lock="bounces", retry=NEXT_MINUTE)
def fetch_bounces(timestamp: int) -> None:
    """Work off the mailbox of bounces, where there is one."""
    if settings.BOUNCE_MAILBOX:
        mailboxes.work_off(settings.BOUNCE_MAILBOX)


def see_to_it(*, ignoring_jobs_begun: bool = False) -> None:
    """Set right what a worker that died has left, as far as it is certain."""
    if uncertain := steering.sweep():
        logger.warning("%d messages are uncertain: their worker died.", uncertain)
    singles.sweep()
    if singles.next_attempt() == 0:
        put_to_work()
    for mailing in listing.unfinished():
        listing.queue(mailing)
    steering.finish()
    pacing.forget()
    for mailing in steering.unattended(ignoring_jobs_begun=ignoring_jobs_begun):
        steering.put_to_work(mailing)
