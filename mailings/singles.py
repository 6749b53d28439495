"""Handing over the messages to one person: claim one, judge it again, hand it over, note the outcome.

As with mailings (`delivery`): before the claim is committed nothing has happened, after it the message is not sent a
second time by itself.
"""

import logging
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Min
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from mailings import headers
from mailings.delivery import LADDER, Rest, later
from mailings.diagnosis import Bounce
from mailings.models import SendingSettings
from mailings.replies import Meaning, bounce, meaning
from mailings.single_messages import Rendered, render
from mailings.smtp import Connection, Undelivered
from mailings.steering import MARGIN, STALE
from persons import confirming, deliverability, journal, links, singles, standing
from persons.models import LinkToken, PendingConfirmation, SingleMessage
from persons.verdict import Code
from purposes.models import STORE, EmailTemplate

logger = logging.getLogger(__name__)

REST_AFTER_OURS = 600.0  # seconds: the server refuses us, not the recipient
State = SingleMessage.State


def deliver(*, seconds: float, stopped: Callable[[], bool] = lambda: False) -> Rest:
    """Hand over what is due, for so long at most. Any number may run at once."""
    if not SingleMessage.objects.due().exists():
        return Rest(next_attempt())
    if journal.is_ahead():
        return Rest(0.0, in_trouble=True)
    try:
        server = Connection.open()
    except Undelivered as failure:
        logger.warning("Mail server: %s", failure)
        return Rest(0.0, in_trouble=True)
    try:
        return _along(server, time.monotonic() + seconds, stopped)
    finally:
        server.close()


def _along(server: Connection, stop_at: float, stopped: Callable[[], bool]) -> Rest:
    while server.is_usable and time.monotonic() < stop_at and not stopped():
        message = claim()
        if message is None:
            return Rest(next_attempt())
        _hand_over(server, message)
    return Rest(0.0)


def claim() -> SingleMessage | None:
    """The next message that is due and may go, claimed; None where there is none. Those held back are noted so."""
    while True:
        with transaction.atomic():
            due = SingleMessage.objects.due().select_for_update(of=["self"], skip_locked=True).order_by("id")
            message = due.select_related("person__company", "confirmation", "template").first()
            if message is None:
                return None
            message.code = singles.judged(message)
            message.state = State.CLAIMED if message.code == Code.SINGLE else State.HELD_BACK
            message.claimed_at, message.retry_at = Now(), None
            message.save(update_fields=["code", "state", "claimed_at", "retry_at"])
        if message.state == State.CLAIMED:
            return message


def sweep() -> int:
    """Call uncertain what was claimed too long ago to be under way still; how many."""
    oldest = Now() - timedelta(seconds=STALE + settings.EMAIL_TIMEOUT + MARGIN)
    stalled = SingleMessage.objects.filter(state=State.CLAIMED, claimed_at__lt=oldest)
    return stalled.update(state=State.UNCERTAIN, answer=gettext("The worker stopped while this was handed over."))


def next_attempt() -> float | None:
    """In how many seconds one that waits can be tried again; None when none waits."""
    waiting = SingleMessage.objects.filter(state=State.WAITING)
    first = waiting.aggregate(seconds=Min(F("retry_at")) - Now())["seconds"]
    if first is None:
        return 0.0 if waiting.exists() else None
    return max(0.0, first.total_seconds())


# ---- one message


def _hand_over(server: Connection, message: SingleMessage) -> None:
    address = _address(message)
    try:
        return_path = SendingSettings.current().return_path.format(key=message.message_key.hex)
        reply = server.hand_over(return_path, address, as_bytes(message, address))
    except Undelivered as failure:
        _note(message, **_failed(message, failure))
    else:
        _note(message, state=State.SENT, answer=str(reply))


def _address(message: SingleMessage) -> str:
    whose = message.confirmation or message.person
    return (whose and whose.address) or ""


def _failed(message: SingleMessage, failure: Undelivered) -> dict[str, Any]:
    facts: dict[str, Any] = {"answer": failure.words, "attempts": message.attempts + 1}
    found = meaning(failure)
    if found == Meaning.UNCERTAIN:
        return facts | {"state": State.UNCERTAIN}
    if found in (Meaning.RETRY, Meaning.OURS) and message.attempts < len(LADDER):
        wait = later(message.attempts) if found == Meaning.RETRY else REST_AFTER_OURS
        return facts | {"state": State.WAITING, "retry_at": Now() + timedelta(seconds=wait)}
    if (what := bounce(failure)) == Bounce.NO_SUCH_ADDRESS:
        deliverability.failed({bytes(message.address_hash or b""): failure.words})
    return facts | {"state": State.FAILED} | ({"bounce": what, "bounced_at": Now()} if what else {})


def _note(message: SingleMessage, **facts: Any) -> None:
    """Only where nobody else has noted something since: the claim is known by its moment."""
    claimed = SingleMessage.objects.filter(pk=message.pk, state__in=[State.CLAIMED, State.UNCERTAIN])
    claimed.update(answered_at=Now(), **facts)


def as_bytes(message: SingleMessage, address: str) -> bytes:
    """The whole message, as it goes over the line. Its link is made now: the database keeps the hash alone."""
    sender = headers.mailbox(settings.DEFAULT_FROM_EMAIL)
    mail = EmailMessage(policy=SMTP)
    rendered = _rendered(message, address)
    mail["From"] = str(sender)
    mail["To"] = headers.to_line(address).decode().removeprefix("To: ").strip()
    mail["Subject"] = " ".join(rendered.subject.split())
    mail["Date"] = datetime.now(UTC)
    mail["Message-ID"] = f"<{message.message_key.hex}@{sender.domain.encode('idna').decode()}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday note answers
    mail.set_content(rendered.text, cte="base64")
    mail.add_alternative(rendered.html, subtype="html", cte="base64")
    mail.set_boundary(f"=_{secrets.token_hex(16)}")
    return mail.as_bytes()


def _rendered(message: SingleMessage, address: str) -> Rendered:
    language = message.language
    template = message.template or EmailTemplate.objects.get(pk=message.kind)
    with translation.override(language):
        values = _asked(message.confirmation) if message.confirmation else _of_person(message)
        return render(template.in_language(language), values | {"email": address})


def _asked(confirmation: PendingConfirmation) -> dict[str, object]:
    token = links.make()
    PendingConfirmation.objects.filter(pk=confirmation.pk).update(token_hash=links.hashed(token))
    labels = [item.label for item in confirming.items(confirmation)]
    return {"confirm_url": _url("confirm", token), "asked_for": ", ".join(labels)}


def _of_person(message: SingleMessage) -> dict[str, object]:
    person, token = message.person, links.make()
    assert person  # noqa: S101 - told to the type checker
    LinkToken.objects.create(
        token_hash=links.hashed(token),
        person=person,
        address_hash=message.address_hash,
        language=message.language,
    )
    ground = next(row.consent for row in standing.purposes_of(person) if row.purpose.pk == STORE)
    return {
        "preferences_url": _url("preferences", token),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "full_name": person.full_name,
        "title": person.title,
        "company": person.company,
        "legal_basis": ground.basis if ground else gettext("none yet"),
        "source": ground.source if ground else gettext("unknown"),
    }


def _url(route: str, token: str) -> str:
    return settings.SITE_URL.rstrip("/") + reverse(route, args=[token])
