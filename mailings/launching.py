"""Sending a mailing off, now or at a time: what stands in the way, and that it happens once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from mailings import audience, checks, listing, outcome, steering
from mailings.drafts import lock_draft
from mailings.models import Mailing, SendingSettings
from mailings.steering import Refused
from persons import journal
from persons.verdict import Kind


@dataclass(frozen=True)
class Obstacle:
    """One thing that prevents sending, as a sentence; `step` is where it can be mended, if on the mailing's pages."""

    sentence: str
    step: str = ""


def obstacles(mailing: Mailing, *, by: Any) -> list[Obstacle]:
    """Everything that prevents sending, in the order of the steps; the recipients are counted by `expected`."""
    return [*_of_setup(mailing, by), *_of_content(mailing), *_of_the_site(mailing)]


def _of_setup(mailing: Mailing, by: Any) -> Iterator[Obstacle]:
    allowed, sender = SendingSettings.current(), mailing.from_email or settings.DEFAULT_FROM_EMAIL
    if not allowed.may_send_as(sender):
        yield Obstacle(_("Mailings may not be sent from %(sender)s.") % {"sender": sender}, "setup")
    if mailing.reply_to and not allowed.may_reply_to(mailing.reply_to):
        yield Obstacle(_("Answers may not go to %(address)s.") % {"address": mailing.reply_to}, "setup")
    if mailing.type and not mailing.type.is_active:
        yield Obstacle(_("The subscription type %(type)s is inactive.") % {"type": mailing.type}, "setup")
    if mailing.kind == Kind.SERVICE and not (by and by.has_perm("mailings.send_service")):
        yield Obstacle(_("Service mailings are sent by those alone who have the right to."), "setup")


def _of_content(mailing: Mailing) -> Iterator[Obstacle]:
    for finding in checks.checks(mailing):
        if finding.is_error:
            yield Obstacle(finding.sentence, "content")


def _of_the_site(mailing: Mailing) -> Iterator[Obstacle]:
    is_demanded = mailing.kind == Kind.MARKETING and not settings.TRIAL
    if is_demanded and not SendingSettings.current().postal_address.strip():
        yield Obstacle(_("The company's postal address is missing; an administrator gives it under Settings."))
    if journal.is_ahead():
        yield Obstacle(str(journal.AHEAD))


def expected(mailing: Mailing) -> int:
    """How many would receive it now. Raises Refused where it has no source."""
    return outcome.of(mailing).let_in


def start(mailing: Mailing, *, by: Any, confirmed: int | None = None) -> None:
    """Have a worker make the list and begin to send: to the `confirmed` ones at most. Raises Refused.

    Of two who start it at the same time, the second is refused.
    """
    with transaction.atomic():
        mailing = _ready(mailing, by)
        audience.sources(mailing)
        listing.ask(mailing, then=Mailing.State.SENDING, started_by=by, confirmed=confirmed)


def start_here(mailing: Mailing, *, by: Any) -> int:
    """Make the list at once, without a worker, and begin to send; how many wait. Raises Refused and ValidationError."""
    with transaction.atomic():
        mailing = _ready(mailing, by)
        if outcome.is_live(mailing):
            audience.build(mailing)
        return steering.start(mailing, by=by)


def schedule(mailing: Mailing, at: datetime, *, by: Any) -> None:
    """Have it started at a time by the worker; a list that is to stay is made at once. Raises Refused."""
    with transaction.atomic():
        mailing = _ready(mailing, by)
        if at <= timezone.now():
            raise Refused(_("This time is past. Choose a later one, or send now."))
        if not expected(mailing):
            raise Refused(_("Nobody would receive it: everybody is held back."))
        facts = {"scheduled_at": at, "started_by": by, "confirmed": None}
        if outcome.is_live(mailing) and not mailing.update_at_start:
            listing.ask(mailing, then=Mailing.State.SCHEDULED, **facts)
        else:
            facts |= {"state": Mailing.State.SCHEDULED, "trouble": "", "updated_at": Now()}
            Mailing.objects.filter(pk=mailing.pk).update(**facts)


def make_list(mailing: Mailing) -> None:
    """Have a worker make the list of a draft that keeps it as it is. Raises Refused."""
    with transaction.atomic():
        lock_draft(mailing)
        audience.sources(mailing)
        listing.ask(mailing, then=Mailing.State.DRAFT)


def call_off(mailing: Mailing) -> None:
    """Make a draft again of what is scheduled, or whose list is being made. Raises Refused where it is neither."""
    begun = Mailing.objects.filter(pk=mailing.pk, state__in=[Mailing.State.SCHEDULED, Mailing.State.BUILDING])
    if not begun.update(state=Mailing.State.DRAFT, scheduled_at=None, trouble="", updated_at=Now()):
        raise Refused(_("It is not scheduled, or has been started already."))


def start_due() -> int:
    """Start what is scheduled and due; how many mailings. What cannot be started is a draft again, and says why."""
    due = Mailing.objects.filter(state=Mailing.State.SCHEDULED, scheduled_at__lte=Now()).select_related("started_by")
    return sum(_started_or_back(mailing) for mailing in due.order_by("scheduled_at", "pk"))


def _started_or_back(mailing: Mailing) -> bool:
    try:
        with transaction.atomic():
            if steering.locked(mailing).state != Mailing.State.SCHEDULED:
                return False
            start(mailing, by=mailing.started_by)
    except Refused as refusal:
        listing.give_back(mailing, str(refusal))
        return False
    return True


def _ready(mailing: Mailing, by: Any) -> Mailing:
    """The mailing, locked, with nothing in its way. Raises Refused."""
    mailing = steering.locked(mailing)
    if mailing.state not in (Mailing.State.DRAFT, Mailing.State.SCHEDULED):
        raise Refused(steering.not_a_draft(mailing))
    if found := obstacles(mailing, by=by):
        raise Refused(" ".join(obstacle.sentence for obstacle in found))
    return mailing
