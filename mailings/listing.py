"""Making the list of recipients in the worker, and going on with what it was made for: to send, to wait, to stay.

Until the list is whole the mailing is *building*, and nothing of the new list is there for anybody. A worker that is
killed leaves nothing behind but the state, and the next one begins again.
"""

import logging
from typing import Any

from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from mailings import audience, outcome, steering
from mailings.models import Mailing
from mailings.steering import MAIL, Refused

logger = logging.getLogger(__name__)

State = Mailing.State
ONE_BUILDER = 7_421_004  # advisory: two workers would make the same list
MAKE = "mailings.tasks.make_list"


def ask(mailing: Mailing, *, then: State, **facts: Any) -> None:
    """Have a worker make the list and go on with `then`: DRAFT, SCHEDULED or SENDING. In a transaction."""
    Mailing.objects.filter(pk=mailing.pk).update(state=State.BUILDING, then=then, trouble="", updated_at=Now(), **facts)
    queue(mailing.pk)


def queue(mailing_id: int) -> None:
    """Queue the job, unless it is queued already."""
    job = app.configure_task(MAKE, queue=MAIL, queueing_lock=f"{mailing_id}/list")
    try:
        with transaction.atomic():
            job.defer(mailing=mailing_id)
    except AlreadyEnqueued:
        pass


def unfinished() -> list[int]:
    """The mailings whose list is being made, or ought to be."""
    return list(Mailing.objects.filter(state=State.BUILDING).values_list("pk", flat=True))


def make(mailing_id: int) -> None:
    """Make the list and go on. What prevents it makes the mailing a draft again, and stands on its page.

    Safe to repeat, and to run twice at once. Nothing comes of it where the mailing was called off meanwhile.
    """
    building = Mailing.objects.select_related("type", "purpose", "started_by")
    mailing = building.filter(pk=mailing_id, state=State.BUILDING).first()
    if mailing is None:
        return
    try:
        with transaction.atomic():
            _make(mailing)
    except (OperationalError, InterfaceError) as error:  # another attempt may go well
        Mailing.objects.filter(pk=mailing_id, state=State.BUILDING).update(trouble=str(error).strip())
        raise
    except (Refused, ValidationError) as refusal:
        give_back(mailing, " ".join(refusal.messages) if isinstance(refusal, ValidationError) else str(refusal))
    except Exception as error:
        logger.exception("The list of mailing %s could not be made.", mailing_id)
        give_back(mailing, str(error))


def give_back(mailing: Mailing, why: str) -> None:
    """Make it a draft that says why it is one, unless it was called off or changed meanwhile."""
    logger.warning("Mailing %s could not be started: %s", mailing.pk, why)
    as_it_was = Mailing.objects.filter(pk=mailing.pk, state=mailing.state, updated_at=mailing.updated_at)
    as_it_was.update(state=State.DRAFT, scheduled_at=None, trouble=_in_words(mailing, why), updated_at=Now())


def _make(mailing: Mailing) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [ONE_BUILDER, mailing.pk])
    if outcome.is_live(mailing):
        audience.build(mailing)
    standing = steering.locked(mailing)
    if standing.state != State.BUILDING or standing.then != mailing.then:
        return
    waiting = mailing.recipients.waiting().count()
    if mailing.then == State.SENDING and mailing.confirmed is not None and waiting > mailing.confirmed:
        raise Refused(_more_than_confirmed(waiting))
    if mailing.then == State.SCHEDULED:
        Mailing.objects.filter(pk=mailing.pk).update(state=State.SCHEDULED, updated_at=Now())
        return
    Mailing.objects.filter(pk=mailing.pk).update(state=State.DRAFT, scheduled_at=None, trouble="", updated_at=Now())
    if mailing.then == State.SENDING:
        steering.start(mailing, by=mailing.started_by)


def _in_words(mailing: Mailing, why: str) -> str:
    if mailing.state == State.BUILDING and mailing.then == State.DRAFT:
        return _("The list could not be made: %(why)s") % {"why": why}
    if not mailing.scheduled_at:
        return _("It was not started: %(why)s") % {"why": why}
    at = date_format(timezone.localtime(mailing.scheduled_at), "DATETIME_FORMAT")
    return _("It could not be started %(at)s: %(why)s") % {"at": at, "why": why}


def _more_than_confirmed(waiting: int) -> str:
    now = ngettext(
        "Meanwhile %(count)d person would receive it, more than you confirmed. Please look again.",
        "Meanwhile %(count)d persons would receive it, more than you confirmed. Please look again.",
        waiting,
    )
    return now % {"count": waiting}
