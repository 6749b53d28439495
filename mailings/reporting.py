"""Working off what was reported about our messages: bounces, complaints, opt-outs (rules 3, 4.14 and 5.3).

A bounce is a fact about the address. A complaint is an answer of the person. What cannot be matched is kept.
"""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from django.db import models, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mailings import bouncing, rates
from mailings.incoming import Told
from mailings.models import Recipient, Report
from persons import leaving
from persons.addresses import normalise
from persons.ledger import Recorder
from persons.models import Door, keyed_hash

LATEST = timedelta(days=5)  # as long as mail servers keep trying


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
        report, is_new = Report.objects.get_or_create(source_id=told.id, defaults=_facts(told))
        if not is_new:
            return Outcome.KNOWN
        recipient = _recipient(told, is_trusted) if told.kind in WORK else None
        if recipient is None:
            return Outcome.UNMATCHED
        said = told if recipient.person.erased_at is None else replace(told, words="")
        report.recipient, report.words = recipient, said.words
        report.save(update_fields=["recipient", "words"])
        WORK[told.kind](recipient, said)
    rates.pause_where_too_high(recipient.mailing_id)
    return Outcome.DONE


def _facts(told: Told) -> dict:
    return {"kind": told.kind, "bounce": told.bounce or "", "words": told.words}


def _recipient(told: Told, is_trusted: bool) -> Recipient | None:
    """Whose message it is about: by its key, else by the address where only one message went there lately."""
    keys = [UUID(key) for key in told.keys]
    by_key = {row.message_key: row for row in _sent().filter(message_key__in=keys)}
    if found := next((by_key[key] for key in keys if key in by_key), None):
        return found
    if not told.address or not (is_trusted or told.kind == Report.Kind.BOUNCE):
        return None
    lately = _sent().filter(claimed_at__gt=Now() - LATEST, address=normalise(told.address))
    rows = list(lately.order_by("pk")[:2])
    return rows[0] if len(rows) == 1 else None


def _sent() -> models.QuerySet[Recipient]:
    return Recipient.objects.filter(claimed_at__isnull=False).exclude(state=Recipient.State.HELD_BACK)


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
    if recipient.link:
        leaving.one_click(recipient.link, by=Recorder(door=Door.ONE_CLICK))


def _hash(recipient: Recipient) -> bytes | None:
    if recipient.address_hash:
        return bytes(recipient.address_hash)
    return keyed_hash(recipient.address) if recipient.address else None


WORK = {Report.Kind.BOUNCE: _bounced, Report.Kind.COMPLAINT: _complained, Report.Kind.OPT_OUT: _opted_out}
