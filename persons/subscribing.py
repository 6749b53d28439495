"""Asking for mailings on a public form: the same for everybody, whoever the address belongs to (rules 4.5)."""

import ipaddress
from collections.abc import Iterable

from django.db import connection, transaction
from django.utils import timezone

from persons.confirming import Item
from persons.models import PendingConfirmation, SubscribeForm, keyed_hash
from persons.singles import ask_to_confirm
from purposes.models import EMARKETING, Purpose, SubscriptionType, Wording

MOST_A_DAY = 30  # of one household or office; whoever needs more writes to us


class TooMany(Exception):
    """Too many have asked from the same address of the network today."""


def ask(
    form: SubscribeForm, address: str, types: Iterable[SubscriptionType], wording: Wording | None, *, visitor: str
) -> None:
    """Ask the address to confirm. Whether anybody has it is not looked up before it does. Raises TooMany."""
    count_visit(visitor)
    asked = [Item(Purpose.objects.get(pk=EMARKETING), wording), *(Item(type_, wording) for type_ in types)]
    pending = PendingConfirmation(
        form=form,
        address=address,
        address_hash=keyed_hash(address),
        language=form.language,
        asked=[item.asked for item in asked],
    )
    with transaction.atomic():
        ask_to_confirm(pending, is_public=True)


COUNTED = """
    INSERT INTO persons_visits (visitor, day, count) VALUES (%s, %s, 1)
    ON CONFLICT (visitor) DO UPDATE SET count = persons_visits.count + 1
    RETURNING count"""


def count_visit(visitor: str) -> None:
    """Count one more today. Who it was is forgotten with the day: the hash is made with it."""
    today = timezone.localdate()
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, [keyed_hash(f"{today} {network(visitor)}"), today])
        if cursor.fetchone()[0] > MOST_A_DAY:
            raise TooMany


def network(visitor: str) -> str:
    """What counts as one: an IPv4 address, or the 64 bits of IPv6 that one connection gets."""
    try:
        address = ipaddress.ip_address(visitor)
    except ValueError:
        return ""
    return str(ipaddress.ip_network(f"{visitor}/64", strict=False)) if address.version == 6 else str(address)
