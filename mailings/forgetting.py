"""Forgetting what mail servers said, and what mailings were before, once the period for it is over."""

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from mailings.models import Mailing


def server_answers(*, before: datetime) -> int:
    """Empty the servers' words of the mailings that ended before; how many messages. What became of each stays."""
    ended = Mailing.objects.filter(finished_at__lt=before, forgotten_at=None)
    return sum(_forget(mailing) for mailing in ended.order_by("pk"))


def states(*, before: datetime) -> int:
    """Remove what mailings were before, but for the body; how many states. They stay as they are."""
    return Mailing.pgh_event_models["insert"].objects.filter(pgh_created_at__lt=before)._raw_delete("default")  # type: ignore[attr-defined]


def bodies(*, before: datetime) -> int:
    """Remove the bodies that were saved before, of drafts and others; how many. The last one is that of the mailing."""
    return Mailing.pgh_event_models["body_insert"].objects.filter(pgh_created_at__lt=before)._raw_delete("default")  # type: ignore[attr-defined]


@transaction.atomic
def _forget(mailing: Mailing) -> int:
    Mailing.objects.filter(pk=mailing.pk).update(forgotten_at=Now())
    return mailing.recipients.exclude(answer="").update(answer="")
