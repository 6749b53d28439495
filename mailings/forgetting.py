"""Forgetting what mail servers said, once the period for it is over."""

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from mailings.models import Mailing


def server_answers(*, before: datetime) -> int:
    """Empty the servers' words of the mailings that ended before; how many messages. What became of each stays."""
    ended = Mailing.objects.filter(finished_at__lt=before, forgotten_at=None)
    return sum(_forget(mailing) for mailing in ended.order_by("pk"))


@transaction.atomic
def _forget(mailing: Mailing) -> int:
    Mailing.objects.filter(pk=mailing.pk).update(forgotten_at=Now())
    return mailing.recipients.exclude(answer="").update(answer="")
