"""Forgetting what may be forgotten, every night (settings: Retention). The ledger is never touched."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from consent_crm import caught
from consent_crm.models import Retention
from mailings import forgetting
from persons import strays
from persons.importing import uploading
from persons.models import Evidence

BODIES_KEPT = timedelta(days=7)  # how long two who write at the same time may have the same page open
DAY = timedelta(days=1)
MONTH = timedelta(days=30.4375)


def carry_out(*, now: datetime | None = None) -> dict[str, int]:
    """Remove what is older than its period; how many of each. Safe to run twice, and to stop at any moment."""
    periods, now = Retention.current(), now or timezone.now()
    return {
        "files": uploading.forget(before=now - timedelta(days=periods.import_file_days)),
        "files of answers never recorded": strays.remove("evidence", Evidence.objects.all(), before=now - DAY),
        "server answers": forgetting.server_answers(before=now - periods.server_answer_months * MONTH),
        "states of mailings": forgetting.states(before=now - periods.mailing_history_months * MONTH),
        "bodies of drafts": forgetting.bodies(before=now - BODIES_KEPT),
        "caught messages": _caught(before=now - timedelta(days=periods.caught_mail_days)),
        "sessions": Session.objects.filter(expire_date__lt=now).delete()[0],
    }


def _caught(*, before: datetime) -> int:
    """Only the trial keeps any."""
    return caught.forget(before) if settings.TRIAL else 0
