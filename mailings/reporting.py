"""Working off what was reported about our messages: bounces, complaints, opt-outs (rules 3, 4.14 and 5.3).

A bounce is a fact about the address. A complaint is an answer of the person. What cannot be matched is kept.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mailings import bouncing, rates
from mailings.diagnosis import Bounce
from mailings.incoming import Told
from mailings.models import Recipient, Report
from persons import deliverability, leaving, links
from persons.addresses import normalise
from persons.ledger import Recorder
from persons.models import Door, FormerAddress, LinkToken, Person, SingleMessage, Suppression, keyed_hash

LATEST = timedelta(days=5)  # as long as mail servers keep trying
ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+\w")

Matter = Recipient | SingleMessage | LinkToken


class Outcome(models.TextChoices):
    """What became of a report."""

    DONE = "done", _("Worked off")
    UNMATCHED = "unmatched", _("Kept: about no message of ours that we know")
    KNOWN = "known", _("Worked off before")
    NOTHING = "nothing", _("Nothing follows from it")


def take(told: Told, *, is_trusted: bool = False) -> Outcome:
    """Work off a report, once. `is_trusted`: it comes from a provider that has shown the secret.

    Anybody can write to the bounce mailbox: there a complaint counts only with the key of the message.
    """
    if told.kind is None:
        return Outcome.NOTHING
    with transaction.atomic():
        matter = _matter(told, is_trusted)
        work = WORK.get((type(matter), told.kind))
        told = replace(told, words=_words(told, matter))
        _report, is_new = Report.objects.get_or_create(source_id=told.id, defaults=_facts(told, matter))
        if not is_new:
            return Outcome.KNOWN
        if work is None:
            return Outcome.UNMATCHED
        work(matter, told)
    if isinstance(matter, Recipient):
        rates.pause_where_too_high(matter.mailing_id)
    return Outcome.DONE


def _facts(told: Told, matter: Matter | None) -> dict:
    facts = {"kind": told.kind, "bounce": told.bounce or "", "words": told.words}
    if isinstance(matter, SingleMessage):
        return facts | {"words": ""}  # kept with the message, and erased with it
    return facts | {"recipient": matter if isinstance(matter, Recipient) else None}


def _words(told: Told, matter: Matter | None) -> str:
    """What may be kept of the server's words: nothing about persons erased, or at addresses that must be left alone."""
    if isinstance(matter, Recipient):
        return told.words if matter.person.erased_at is None else ""
    addresses = {told.address, *ADDRESS.findall(told.words)}
    hashes = [keyed_hash(address) for one in addresses if (address := normalise(one))]
    is_left_alone = Suppression.objects.standing().filter(address_hash__in=hashes).exists()
    return "" if is_left_alone else told.words


# ---- what it is about


def _matter(told: Told, is_trusted: bool) -> Matter | None:
    """The link it names; else the message, by its key, or by the address where only one went there lately."""
    if told.token:
        return links.read(told.token)
    by_address = told.address and (is_trusted or told.kind == Report.Kind.BOUNCE)
    return _of_key(told.keys) or (_to_address(told.address) if by_address else None)


def _of_key(written: tuple[str, ...]) -> Recipient | SingleMessage | None:
    keys = [UUID(key) for key in written]
    singles = SingleMessage.objects.filter(claimed_at__isnull=False).select_related("person")
    found: dict[UUID, Any] = {row.message_key: row for row in singles.filter(message_key__in=keys)}
    found |= {row.message_key: row for row in _sent().filter(message_key__in=keys)}
    return next((found[key] for key in keys if key in found), None)


def _to_address(written: str) -> Recipient | None:
    """By the hash of the address, since of erased persons there is nothing else."""
    address = normalise(written)
    if not address:
        return None
    hash_ = keyed_hash(address)
    persons = [
        *Person.objects.filter(address_hash=hash_).values_list("pk", flat=True),
        *FormerAddress.objects.filter(address_hash=hash_).values_list("person", flat=True),
    ]
    theirs = _sent().filter(Q(person__in=persons) | Q(address=None), address_hash=hash_, claimed_at__gt=Now() - LATEST)
    rows = list(theirs.order_by("pk")[:2])
    return rows[0] if len(rows) == 1 else None


def _sent() -> models.QuerySet[Recipient]:
    sent = Recipient.objects.filter(claimed_at__isnull=False).exclude(state=Recipient.State.HELD_BACK)
    return sent.select_related("person")


# ---- what follows from it


def _bounced(recipient: Recipient, told: Told) -> None:
    bounce = told.bounce
    if bounce is None or recipient.bounce:  # a server may report twice
        return
    Recipient.objects.filter(pk=recipient.pk).update(bounce=bounce, bounced_at=Now(), answer=told.words)
    bouncing.take_note(recipient.mailing_id, [(_hash(recipient), bounce, told.words)])


def _complained(recipient: Recipient, told: Told) -> None:
    Recipient.objects.filter(pk=recipient.pk, complained_at=None).update(complained_at=Now())
    leaving.complain(recipient.person, _hash(recipient))


def _opted_out(recipient: Recipient, told: Told) -> None:
    if recipient.link_id and (link := links.known(bytes(recipient.link_id))):
        _left(link, told)


def _left(link: LinkToken, told: Told) -> None:
    leaving.one_click(link, by=Recorder(door=Door.ONE_CLICK))


def _single_bounced(message: SingleMessage, told: Told) -> None:
    """Only a failure for good counts for the address: in a row there are mailings alone (rules 3, row 4)."""
    if told.bounce is None or message.bounce:
        return
    SingleMessage.objects.filter(pk=message.pk).update(bounce=told.bounce, bounced_at=Now(), answer=told.words)
    if told.bounce == Bounce.NO_SUCH_ADDRESS and message.address_hash:
        deliverability.failed({bytes(message.address_hash): told.words})


def _single_complained(message: SingleMessage, told: Told) -> None:
    hash_ = bytes(message.address_hash or b"") or None
    if message.person:
        leaving.complain(message.person, hash_)
    elif hash_:
        leaving.block(hash_, Suppression.Reason.COMPLAINT)


def _hash(recipient: Recipient) -> bytes | None:
    if recipient.address_hash:
        return bytes(recipient.address_hash)
    return keyed_hash(recipient.address) if recipient.address else None


WORK: dict[tuple[type, Report.Kind], Callable[[Any, Told], None]] = {
    (Recipient, Report.Kind.BOUNCE): _bounced,
    (Recipient, Report.Kind.COMPLAINT): _complained,
    (Recipient, Report.Kind.OPT_OUT): _opted_out,
    (SingleMessage, Report.Kind.BOUNCE): _single_bounced,
    (SingleMessage, Report.Kind.COMPLAINT): _single_complained,
    (LinkToken, Report.Kind.OPT_OUT): _left,
}
