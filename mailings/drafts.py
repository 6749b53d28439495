"""Changing a draft while others may be starting it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
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


@contextmanager
def other_recipients(mailing: Mailing) -> Iterator[None]:
    """Around a change of whom a draft is for: the list that there may be has to be made again. Raises Refused."""
    with transaction.atomic():
        lock_draft(mailing)
        yield
        Mailing.objects.filter(pk=mailing.pk).update(built_at=None, updated_at=Now())
