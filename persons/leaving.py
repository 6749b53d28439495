"""Leaving by a link: what can be stopped with it, and stopping it (rules 5.3)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from django.db import connection, transaction
from django.utils.translation import gettext
from psycopg.types.numeric import Int8

from persons import ledger, prepared
from persons.ledger import Answer, Recorder
from persons.models import Door, LinkToken, Person, Suppression
from purposes.models import ARTICLE_CONSENT, EMARKETING, OBJECTED, WITHDRAWN

SOURCE = "EMAIL"  # the answer came by way of a message


@dataclass(frozen=True)
class Scope:
    """What one button ends: mailings of one type, or one purpose as a whole. Exactly one of the two."""

    label: str
    type_id: str | None = None
    purpose_id: str | None = None

    @property
    def value(self) -> str:
        """Names the scope in a form."""
        return f"type:{self.type_id}" if self.type_id else f"purpose:{self.purpose_id}"

    @classmethod
    def of(cls, link: LinkToken) -> Self | None:
        """What one click on this link ends; None where the message only led here."""
        if link.subscription_type:
            return cls(str(link.subscription_type), type_id=link.subscription_type_id)
        if link.purpose:
            label = str(link.purpose) if link.purpose_id != EMARKETING else gettext("All e-marketing")
            return cls(label, purpose_id=link.purpose_id)
        return None


def scopes(link: LinkToken) -> list[Scope]:
    """What the page of a link offers: what one click would end, and all e-marketing."""
    all_marketing = Scope(gettext("All e-marketing"), purpose_id=EMARKETING)
    own = Scope.of(link)
    return [own, all_marketing] if own and own != all_marketing else [all_marketing]


def already_stopped(link: LinkToken) -> list[Scope]:
    """What of `scopes` the person has stopped already: nobody who comes back has to wonder whether it worked."""
    person, found = link.person, scopes(link)
    stops = person.consents.filter(is_own=True, basis__allows=False).values_list("purpose", flat=True)
    ended = person.subscriptions.filter(is_own=True, is_active=False).values_list("type", flat=True)
    keys = {f"purpose:{key}" for key in stops} | {f"type:{key}" for key in ended}
    return [scope for scope in found if scope.value in keys]


def leave(link: LinkToken, scope: Scope, *, by: Recorder) -> bool:
    """Stop what the scope names, for the person of the link; whether there was something to write.

    Safe to repeat: what the person has already stopped stays as it is. Ledger and acknowledgement are one transaction,
    so that a stop that was acknowledged is there for whoever claims the next message. Of a person who is merged at
    this very moment it stops the kept one.
    """
    try:
        return _leave(link, scope, by)
    except ledger.Refused:  # nothing refuses a stop but that the person is gone
        link.person = Person.objects.get(pk=link.person_id).kept_one()
        return link.person.erased_at is None and leave(link, scope, by=by)


def _leave(link: LinkToken, scope: Scope, by: Recorder) -> bool:
    with transaction.atomic():
        ledger.lock([link.person_id])
        article, stopped_by_person, address_hash, now = _standing(link.person_id, scope)
        _suppress_if_changed(link, address_hash)
        if stopped_by_person:
            return False
        basis = WITHDRAWN if scope.type_id or article == ARTICLE_CONSENT else OBJECTED
        answer = Answer(
            person_id=link.person_id,
            type_id=scope.type_id,
            purpose_id=scope.purpose_id,
            basis_id=basis,
            source_id=SOURCE,
            given_at=now,
        )
        has_left = ledger.record(answer, by=by).event_id is not None
        if has_left and link.left_at is None:
            LinkToken.objects.filter(pk=link.pk).update(left_at=now)
        return has_left


def one_click(link: LinkToken, *, by: Recorder) -> bool:
    """What one click on a link does, also when it comes as an opt-out report (rules 5.3)."""
    scope = Scope.of(link)
    return scope is not None and leave(link, scope, by=by)


def complain(person: Person, address_hash: bytes | None = None, *, moment: datetime | None = None) -> bool:
    """Somebody called our mail spam: Objected for E-marketing, whatever stood, and the address is blocked (rules 5.3).

    `address_hash` is the address that the message went to, the person's own unless it is known; `moment` when it was
    said, now unless it is known. Safe to repeat; whether there was something to write.
    """
    person = person.kept_one()
    try:
        return _complain(person, address_hash, moment)
    except ledger.Refused:  # merged or erased at this very moment
        return complain(Person.objects.get(pk=person.pk), address_hash, moment=moment)


def _complain(person: Person, address_hash: bytes | None, moment: datetime | None) -> bool:
    with transaction.atomic():
        ledger.lock([person.pk])
        if blocked := address_hash or person.address_hash:
            block(bytes(blocked), Suppression.Reason.COMPLAINT)
        objected = person.consents.filter(purpose=EMARKETING, basis=OBJECTED, is_own=True)
        if person.erased_at or objected.exists():
            return False
        answer = Answer(
            person_id=person.pk,
            purpose_id=EMARKETING,
            basis_id=OBJECTED,
            source_id=SOURCE,
            given_at=moment or ledger.now(),
        )
        return ledger.record(answer, by=Recorder(door=Door.COMPLAINT)).event_id is not None


def block(address_hash: bytes, reason: Suppression.Reason) -> None:
    """Let nothing go to an address any more. A reason that only staff lift replaces one that the person can lift."""
    with connection.cursor() as cursor:
        weak = Suppression.Reason.ended_by_confirming()
        cursor.execute(BLOCKED, {"hash": address_hash, "reason": reason, "weak": weak})


BLOCKED = """
    INSERT INTO persons_suppression (address_hash, reason, lifted_because) VALUES (%(hash)s, %(reason)s, '')
    ON CONFLICT (address_hash) WHERE lifted_at IS NULL DO UPDATE SET reason = excluded.reason
    WHERE persons_suppression.reason = ANY(%(weak)s) AND excluded.reason <> ALL(%(weak)s)"""


def _suppress_if_changed(link: LinkToken, address_hash: bytes | None) -> None:
    """The stop comes from an address that is no longer the person's: nothing goes there any more (rules 4.13)."""
    if link.address_hash and bytes(link.address_hash) != address_hash:
        block(bytes(link.address_hash), Suppression.Reason.CHANGED)


def _standing(person_id: int, scope: Scope) -> tuple:
    """What the standing answer rests on (an article), whether the person said no in person, their address, the time."""
    statement = STANDING_SUBSCRIPTION if scope.type_id else STANDING_CONSENT
    [standing] = prepared.execute(statement, {"person": Int8(person_id), "key": scope.type_id or scope.purpose_id})
    return standing


STANDING_CONSENT = """
    SELECT b.article, coalesce(c.is_own AND NOT b.allows, false), p.address_hash, clock_timestamp()
    FROM persons_person p
    LEFT JOIN persons_consent c ON c.person_id = p.id AND c.purpose_id = %(key)s
    LEFT JOIN purposes_legalbasis b ON b.key = c.basis_id
    WHERE p.id = %(person)s"""

STANDING_SUBSCRIPTION = """
    SELECT NULL, coalesce(s.is_own AND NOT s.is_active, false), p.address_hash, clock_timestamp()
    FROM persons_person p
    LEFT JOIN persons_subscription s ON s.person_id = p.id AND s.type_id = %(key)s
    WHERE p.id = %(person)s"""
