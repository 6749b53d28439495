"""The rates of bounces and complaints at which a mailing pauses by itself (docs: deliverability 3)."""

from decimal import Decimal

from django.db.models import Count, Q
from django.utils.translation import gettext

from mailings import steering
from mailings.diagnosis import Bounce
from mailings.models import Mailing, Recipient, SendingSettings

HARD = (Bounce.NO_SUCH_ADDRESS, Bounce.POLICY)  # who is not there, and where we are not wanted


def pause_where_too_high(mailing_id: int) -> bool:
    """Pause a mailing whose rates are too high; whether it was paused.

    Whoever resumes it accepts what was sent by then: only what was sent afterwards counts from now on.
    """
    mailing = Mailing.objects.filter(pk=mailing_id, state=Mailing.State.SENDING).first()
    if mailing is None:
        return False
    reason = _too_high(_counts(mailing), SendingSettings.current())
    if reason:
        steering.pause(mailing, because=reason)
    return bool(reason)


def _counts(mailing: Mailing) -> dict[str, int]:
    handed_over = Recipient.objects.filter(mailing=mailing, state__in=[Recipient.State.SENT, Recipient.State.FAILED])
    if mailing.resumed_at:
        handed_over = handed_over.filter(claimed_at__gt=mailing.resumed_at)
    return handed_over.aggregate(
        all=Count("pk"),
        bounces=Count("pk", filter=Q(bounce__in=HARD)),
        complaints=Count("pk", filter=Q(complained_at__isnull=False)),
    )


def _too_high(counts: dict[str, int], limits: SendingSettings) -> str:
    """Why the mailing must pause, as a sentence; empty when it need not."""
    if counts["all"] < limits.pause_after:
        return ""
    complaints = Decimal(100 * counts["complaints"]) / counts["all"]
    bounces = Decimal(100 * counts["bounces"]) / counts["all"]
    if complaints >= limits.pause_at_complaints:
        words = gettext("{number} of {all} recipients called it spam: {rate} %. Providers stop trusting such a sender.")
        return words.format(number=counts["complaints"], all=counts["all"], rate=f"{complaints:.2f}")
    if bounces >= limits.pause_at_bounces:
        words = gettext("{number} of {all} messages were refused for good: {rate} %. The list may be old or bought.")
        return words.format(number=counts["bounces"], all=counts["all"], rate=f"{bounces:.2f}")
    return ""
