"""Starting, pausing, resuming and cancelling a mailing, and finding out that it is done."""

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils.translation import gettext
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from mailings import tracking
from mailings.composing import cleaned, compose
from mailings.models import Mailing, Recipient, SendingSettings
from persons import journal

logger = logging.getLogger(__name__)

LANES = 4  # how many workers send one mailing at the same time, at most
SLOW = 50  # messages a second, up to which one lane alone keeps the pace that was set
MARGIN = 5.0  # seconds: the network, a slow commit
STALE = 5.0  # seconds after which a claim is too old to begin with


class Refused(Exception):
    """Why something cannot be done with a mailing, as a sentence."""


def start(mailing: Mailing, *, by: Any = None) -> int:
    """Begin to send; how many wait. Raises Refused, also for a second start, and ValidationError from composing."""
    with transaction.atomic():
        mailing = locked(mailing)
        _demand(mailing.state == Mailing.State.DRAFT, not_a_draft(mailing))
        _demand(mailing.built_at is not None, gettext("Build the list of recipients first."))
        _demand(not mailing.type or mailing.type.is_active, gettext("The mailing's subscription type is inactive."))
        waiting = mailing.recipients.waiting().count()
        _demand(not journal.is_ahead(), str(journal.AHEAD))
        _demand(waiting > 0, gettext("Nobody would receive it: the list has no recipients to send to."))
        tracking.follow_links(mailing, cleaned(mailing))
        compose(mailing)
        _move(mailing, Mailing.State.SENDING, started_at=Now(), started_by=by)
        put_to_work(mailing.pk)
    return waiting


def pause(mailing: Mailing, *, because: str = "") -> None:
    """No more claims from now on; what is claimed already goes out. Nothing happens unless it is being sent."""
    mailings = Mailing.objects.filter(pk=mailing.pk, state=Mailing.State.SENDING)
    mailings.update(state=Mailing.State.PAUSED, pause_reason=because, updated_at=Now())


def resume(mailing: Mailing) -> None:
    """Go on with a paused mailing. Raises Refused for any other."""
    with transaction.atomic():
        mailing = locked(mailing)
        _demand(mailing.state == Mailing.State.PAUSED, gettext("Only a paused mailing can be resumed."))
        _move(mailing, Mailing.State.SENDING, pause_reason="", trouble="", resumed_at=Now())
        put_to_work(mailing.pk)


def cancel(mailing: Mailing) -> int:
    """Send to nobody else; how many were left. Those being sent to at this moment still get it."""
    with transaction.atomic():
        mailing = locked(mailing)
        over = (Mailing.State.SENT, Mailing.State.CANCELLED)
        _demand(mailing.state not in over, gettext("The mailing has ended already."))
        _move(mailing, Mailing.State.CANCELLED, finished_at=Now())
        return mailing.recipients.waiting().update(state=Recipient.State.CANCELLED, retry_at=None)


def send_again(mailing: Mailing, *, by: Any) -> int:
    """Let those wait again who failed, or of whom nobody knows; how many. Each is judged anew when claimed.

    Who is uncertain may get the message twice: only staff may decide to. A mailing that was sent is taken up again.
    Raises Refused.
    """
    with transaction.atomic():
        mailing = locked(mailing)
        begun = (Mailing.State.SENDING, Mailing.State.PAUSED, Mailing.State.SENT)
        _demand(mailing.state in begun, gettext("Only a mailing that was started, and not cancelled, is sent again."))
        number = mailing.recipients.undelivered().update(
            state=Recipient.State.WAITING,
            claim=None,
            claimed_at=None,
            attempts=0,
            retry_at=None,
            bounce="",
            bounced_at=None,
        )
        _demand(number > 0, gettext("Nobody is uncertain or failed."))
        logger.info("Mailing %s: %s were put back to waiting by user %s.", mailing.pk, number, by.pk)
        is_paused = mailing.state == Mailing.State.PAUSED
        _move(mailing, Mailing.State.PAUSED if is_paused else Mailing.State.SENDING, finished_at=None)
        put_to_work(mailing.pk)
    return number


def finish() -> int:
    """Mark as sent what is being sent and has nobody waiting or claimed any more; how many mailings that were."""
    unfinished = Recipient.objects.filter(
        mailing=OuterRef("pk"), state__in=[Recipient.State.WAITING, Recipient.State.CLAIMED]
    )
    done = Mailing.objects.filter(~Exists(unfinished), state=Mailing.State.SENDING)
    return done.update(state=Mailing.State.SENT, finished_at=Now(), updated_at=Now(), trouble="")


def sweep() -> int:
    """Call uncertain what was claimed too long ago to be under way still; how many. By the database's clock.

    Its worker died after the claim. Whether the message went out nobody can know, so nobody sends it again by itself.
    """
    oldest = Now() - timedelta(seconds=STALE + settings.EMAIL_TIMEOUT + MARGIN)
    stalled = Recipient.objects.filter(state=Recipient.State.CLAIMED, claimed_at__lt=oldest)
    words = gettext("The worker stopped while this message was being handed over.")
    return stalled.update(state=Recipient.State.UNCERTAIN, answer=words, answered_at=Now())


def next_attempt(mailing: Mailing) -> float | None:
    """In how many seconds somebody waiting can be tried again; None when nobody waits."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_ATTEMPT, [mailing.pk])
        seconds = cursor.fetchone()[0]
    return None if seconds is None else max(0.0, float(seconds))


NEXT_ATTEMPT = """
SELECT extract(epoch FROM min(coalesce(retry_at, clock_timestamp())) - clock_timestamp())
FROM mailings_recipient WHERE mailing_id = %s AND state = 'waiting'"""


def note_trouble(mailing: Mailing, words: str) -> None:
    Mailing.objects.filter(pk=mailing.pk, state=Mailing.State.SENDING).exclude(trouble=words).update(trouble=words)


def clear_trouble(mailing: Mailing) -> None:
    Mailing.objects.filter(pk=mailing.pk).exclude(trouble="").update(trouble="")


def unattended(*, ignoring_jobs_begun: bool = False) -> list[int]:
    """Mailings being sent, with somebody to be claimed now, that no job works on.

    A worker that was killed leaves its jobs begun. Whoever starts a worker does not trust them.
    """
    with connection.cursor() as cursor:
        live = ["todo"] if ignoring_jobs_begun else ["todo", "doing"]
        cursor.execute(UNATTENDED, {"task": DELIVER, "live": live})
        return [mailing for (mailing,) in cursor.fetchall()]


def workers_alive() -> int:
    """How many workers have given a sign of life lately."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '15 seconds'"
        )
        return cursor.fetchone()[0] // QUEUES_OF_A_WORKER


QUEUES_OF_A_WORKER = 4  # of the command `worker`

DELIVER = "mailings.tasks.deliver"

UNATTENDED = """
SELECT id FROM mailings_mailing m
WHERE state = 'sending'
  AND EXISTS (SELECT FROM mailings_recipient r WHERE r.mailing_id = m.id AND r.state = 'waiting'
              AND (r.retry_at IS NULL OR r.retry_at <= clock_timestamp()))
  AND NOT EXISTS (SELECT FROM procrastinate_jobs j WHERE j.task_name = %(task)s
                  AND j.status::text = ANY(%(live)s) AND j.args ->> 'mailing' = m.id::text)
ORDER BY id"""


def put_to_work(mailing_id: int) -> None:
    """Queue the jobs that send a mailing, where they are not queued yet; in the transaction there is, if there is."""
    limit = SendingSettings.current().per_second
    for lane in range(1 if limit and limit <= SLOW else LANES):
        queue(mailing_id, lane)


def queue(mailing_id: int, lane: int, *, wait: float = 0.0, troubles: int = 0) -> None:
    """Queue one of a mailing's jobs, unless that one is queued already."""
    job = app.configure_task(
        DELIVER, queue=MAIL, queueing_lock=f"{mailing_id}/{lane}", schedule_in={"seconds": wait} if wait else None
    )
    try:
        with transaction.atomic():
            job.defer(mailing=mailing_id, lane=lane, troubles=troubles)
    except AlreadyEnqueued:
        pass


MAIL = "mail"


def locked(mailing: Mailing) -> Mailing:
    """The mailing as it is, kept from everybody else until the transaction ends."""
    locked = Mailing.objects.select_for_update(of=["self"], no_key=True)  # rows that refer to it may be written
    return locked.select_related("type", "purpose").get(pk=mailing.pk)


def _move(mailing: Mailing, state: Mailing.State, **facts: Any) -> None:
    Mailing.objects.filter(pk=mailing.pk).update(state=state, updated_at=Now(), **facts)


def _demand(condition: bool, sentence: str) -> None:
    if not condition:
        raise Refused(sentence)


def not_a_draft(mailing: Mailing) -> str:
    return gettext("The mailing has been started already; its status is: {status}.").format(
        status=mailing.get_state_display()
    )
