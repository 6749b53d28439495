"""Changing a draft while others may be changing or starting it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext

from mailings.models import Mailing
from mailings.steering import Refused


def lock_draft(mailing: Mailing) -> None:
    """Keep others from starting or changing it until the transaction ends. Raises Refused unless it is a draft."""
    state = Mailing.objects.select_for_update(no_key=True).values_list("state", flat=True).get(pk=mailing.pk)
    if state != Mailing.State.DRAFT:
        status = Mailing.State(state).label
        raise Refused(gettext("The mailing can no longer be changed; its status is: {status}.").format(status=status))


def saved_by(states: QuerySet[Any]) -> tuple[Any, datetime | None]:
    """By whom and when the last of some states in the history came about; nobody where it was no user."""
    last = states.select_related("pgh_context").order_by("pgh_id").last()
    user = ((last.pgh_context and last.pgh_context.metadata) or {}).get("user") if last else None
    return get_user_model().objects.filter(pk=user).first(), last.pgh_created_at if last else None


@contextmanager
def other_recipients(mailing: Mailing) -> Iterator[None]:
    """Around a change of whom a draft is for: the list that there may be has to be made again. Raises Refused."""
    with transaction.atomic():
        lock_draft(mailing)
        yield
        Mailing.objects.filter(pk=mailing.pk).update(built_at=None, updated_at=Now())
