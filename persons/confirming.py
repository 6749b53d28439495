"""Double opt-in: what was asked for, and its confirmation from the address (rules 4.5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from persons import adding, deliverability, ledger, links
from persons.adding import NOBODY_YET
from persons.ledger import Answer, Recorder
from persons.models import Door, LinkToken, PendingConfirmation, Person, Suppression
from purposes.models import CONSENT, EMARKETING, Purpose, SubscriptionType, Wording

SOURCE = "WEBFORM"
BY_THE_ADDRESS = Recorder(door=Door.FORM)


class NotPossible(Exception):
    """What was asked for is no longer offered: nothing was recorded."""


@dataclass(frozen=True)
class Item:
    """One thing that was asked for, with the wording that was shown."""

    matter: Purpose | SubscriptionType
    wording: Wording | None

    @property
    def label(self) -> str:
        return _("All e-marketing") if self.matter.pk == EMARKETING and self.is_purpose else str(self.matter)

    @property
    def is_purpose(self) -> bool:
        return isinstance(self.matter, Purpose)

    @property
    def asked(self) -> dict:
        return {
            "purpose": self.matter.pk if self.is_purpose else None,
            "type": None if self.is_purpose else self.matter.pk,
            "wording": self.wording and self.wording.pk,
        }


def pending_of(person: Person, asked: Sequence[Item], language: str) -> PendingConfirmation:
    """What is to be asked of a person that we know; not saved."""
    return PendingConfirmation(
        person=person,
        address=person.address or "",
        address_hash=person.address_hash,
        language=language,
        asked=[item.asked for item in asked],
    )


def items(pending: PendingConfirmation) -> list[Item]:
    """What a confirmation is about, in the order in which it was asked for; what was deleted since is left out."""
    purposes = Purpose.objects.in_bulk([one["purpose"] for one in pending.asked if one["purpose"]])
    types = SubscriptionType.objects.in_bulk([one["type"] for one in pending.asked if one["type"]])
    wordings = Wording.objects.in_bulk([one["wording"] for one in pending.asked if one["wording"]])
    matters = [(purposes.get(one["purpose"]) or types.get(one["type"]), one["wording"]) for one in pending.asked]
    return [Item(matter, wordings.get(wording)) for matter, wording in matters if matter]


def read(token: str) -> PendingConfirmation | None:
    """What a link asks to confirm; None for an unknown link, one whose days are over, or of another's address now."""
    found = PendingConfirmation.objects.good().select_related("person", "form")
    pending = found.filter(token_hash=links.hashed(token)).first()
    return pending if pending and _is_about(pending) else None


def confirm(pending: PendingConfirmation, shown: int | None = None) -> str:
    """Record what was asked for, the first so many of it, as given now by the person; a token for their own page.

    Safe to repeat: the second time nothing is recorded. Raises NotPossible when nothing of it is on offer any more.
    """
    with transaction.atomic():
        try:
            pending = PendingConfirmation.objects.select_for_update().get(pk=pending.pk)
        except PendingConfirmation.DoesNotExist as gone:  # erased at this very moment
            raise NotPossible from gone
        person = pending.person.kept_one() if pending.person else _whose(pending)
        if not pending.confirmed_at:
            person = _record(pending, person, items(pending)[:shown])
            _welcome(pending)
            PendingConfirmation.objects.filter(pk=pending.pk).update(confirmed_at=Now(), person=person)
        return _link_to(person, pending)


def _is_about(pending: PendingConfirmation) -> bool:
    """Whether the person asked about still has the address that the message went to (rules 4.13)."""
    if pending.person is None:
        return True
    return bytes(pending.person.kept_one().address_hash or b"") == bytes(pending.address_hash)


def _whose(pending: PendingConfirmation) -> Person:
    """The person with the address, the first of several; a new one where nobody has it."""
    at_address = Person.objects.kept().at_address(pending.address).order_by("former_employee", "pk")
    return at_address.first() or Person(email=pending.address, language=pending.language)


def _record(pending: PendingConfirmation, person: Person, asked: Sequence[Item]) -> Person:
    if person.pk:
        ledger.lock([person.pk])
    answers = list(_answers(pending, person, asked))
    if person.pk is None:
        try:
            return adding.add(person, answers, by=BY_THE_ADDRESS)
        except ledger.Refused as refused:
            raise NotPossible from refused
    written = ledger.record_many(answers, by=BY_THE_ADDRESS)
    if all(row.outcome.is_refusal for row in written):
        raise NotPossible
    return person


def _answers(pending: PendingConfirmation, person: Person, asked: Sequence[Item]) -> Iterable[Answer]:
    """What was asked for; a chosen type after a stop brings e-marketing back, and nothing but the chosen types."""
    comment = _proof(pending)
    asked = [item for item in asked if item.matter.is_active]
    chosen = [item for item in asked if not item.is_purpose]
    has_stopped = _has_stopped(person)
    yes = [item for item in asked if item.is_purpose]
    if chosen and has_stopped and not any(item.matter.pk == EMARKETING for item in yes):
        yes.append(Item(Purpose.objects.get(pk=EMARKETING), chosen[0].wording))
    for item in yes:
        yield _answer(person, CONSENT, comment, purpose_id=item.matter.pk, wording=item.wording)
    for item in chosen:
        yield _answer(person, CONSENT, comment, type_id=item.matter.pk, wording=item.wording)
    if chosen and has_stopped:
        yield from _others_ended(person, [item.matter.pk for item in chosen])


def _others_ended(person: Person, chosen: list[str]) -> Iterable[Answer]:
    ended = person.subscriptions.filter(is_active=False).values("type")
    for type_ in SubscriptionType.objects.exclude(pk__in=chosen).exclude(pk__in=ended):
        yield ledger.subscription(
            is_active=False,
            person_id=person.pk,
            type_id=type_.pk,
            source_id=SOURCE,
            given_at=ledger.now(),
            comment=_("Not chosen when asking for mailings again."),
        )


def _answer(person: Person, basis: str, comment: str, **about) -> Answer:
    return Answer(
        person_id=person.pk or NOBODY_YET,
        basis_id=basis,
        source_id=SOURCE,
        given_at=ledger.now(),
        comment=comment,
        **about,
    )


def _has_stopped(person: Person) -> bool:
    return person.pk is not None and person.consents.filter(purpose=EMARKETING, basis__allows=False).exists()


def _proof(pending: PendingConfirmation) -> str:
    when = date_format(timezone.localtime(pending.asked_at), "DATETIME_FORMAT")
    if pending.form:
        return _("Asked on %(when)s on the form “%(form)s”, confirmed from the address.") % {
            "when": when,
            "form": pending.form,
        }
    return _("Asked on %(when)s, confirmed from the address.") % {"when": when}


def _welcome(pending: PendingConfirmation) -> None:
    """The address has spoken: what it may end itself no longer holds its mail back (rules 4.14, 5.5)."""
    ended = Suppression.objects.standing().filter(
        address_hash=pending.address_hash, reason__in=Suppression.Reason.ended_by_confirming()
    )
    ended.update(lifted_at=Now(), lifted_because=_("The address itself confirmed that it wants mail."))
    deliverability.clear(bytes(pending.address_hash), by=None)


def _link_to(person: Person, pending: PendingConfirmation) -> str:
    token = links.make()
    LinkToken.objects.create(
        token_hash=links.hashed(token),
        person=person,
        address_hash=pending.address_hash,
        language=pending.language,
    )
    return token
