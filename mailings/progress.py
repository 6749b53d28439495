"""How far a mailing is: counted from the recipients themselves, which are the only progress there is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailings.models import Mailing, Recipient
from mailings.report import AT_HAND_OVER, BEFORE, in_state

State = Recipient.State
WINDOW = timedelta(seconds=30)  # in which the rate is measured


@dataclass(frozen=True)
class Progress:
    """The states of a mailing's recipients; all of them together are its list."""

    waiting: int
    sent: int
    held_back_before: int
    held_back_at_sending: int
    failed: int
    uncertain: int
    cancelled: int
    rate: float = 0.0

    @classmethod
    def of(cls, mailing: Mailing) -> "Progress":
        now = timezone.now()
        begun = max(mailing.started_at or now, now - WINDOW)
        handed_over = Q(claimed_at__gte=begun) & ~Q(state=State.CLAIMED)
        counts = mailing.recipients.order_by().aggregate(recent=Count("pk", filter=handed_over), **COUNTED)
        return cls(rate=_rate(counts.pop("recent"), begun, now), **counts)

    @property
    def total(self) -> int:
        """Those to whom it was to go, whatever became of them."""
        return self.done + self.waiting + self.cancelled

    @property
    def done(self) -> int:
        return self.sent + self.held_back_at_sending + self.failed + self.uncertain

    @property
    def to_send_again(self) -> int:
        return self.failed + self.uncertain

    @property
    def remaining(self) -> str:
        """The rate, and how long the others will take at that rate; nothing before there is one."""
        if not self.rate:
            return ""
        rate = _("%(rate)s a second") % {"rate": f"{self.rate:.0f}" if self.rate >= 1 else "< 1"}
        return f"{rate} · {_left(self.waiting / self.rate)}"


COUNTED = {
    "waiting": Count("pk", filter=in_state(State.WAITING)),
    "sent": Count("pk", filter=Q(state=State.SENT)),
    "held_back_before": Count("pk", filter=in_state(BEFORE)),
    "held_back_at_sending": Count("pk", filter=in_state(AT_HAND_OVER)),
    "failed": Count("pk", filter=Q(state=State.FAILED)),
    "uncertain": Count("pk", filter=Q(state=State.UNCERTAIN)),
    "cancelled": Count("pk", filter=Q(state=State.CANCELLED)),
}


def _rate(recent: int, begun: datetime, now: datetime) -> float:
    return recent / max(1.0, (now - begun).total_seconds())


def _left(seconds: float) -> str:
    if seconds < 60:
        return _("less than a minute left")
    minutes = round(seconds / 60)
    if minutes < 120:
        return ngettext("about %(count)d minute left", "about %(count)d minutes left", minutes) % {"count": minutes}
    hours = round(minutes / 60)
    return ngettext("about %(count)d hour left", "about %(count)d hours left", hours) % {"count": hours}
