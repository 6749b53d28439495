"""What stands for one person, row by row, as their page shows it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from persons import verdict
from persons.ledger import Answer
from persons.models import Consent, ConsentEvent, Person, Subscription
from purposes.models import EMARKETING, Purpose, SubscriptionType


@dataclass(frozen=True)
class PurposeRow:
    """One purpose, also one that the person was never asked about."""

    purpose: Purpose
    consent: Consent | None

    SIGNS: ClassVar[dict[str, str]] = {
        Consent.Standing.ON: "on",
        Consent.Standing.STOPPED: "stop",
        Consent.Standing.EXPIRED: "expired",
        Consent.Standing.NOT_ACCEPTED: "expired",
    }

    @property
    def key(self) -> str:
        return f"purpose-{self.purpose.pk}"

    @property
    def answer(self) -> Consent | None:
        return self.consent

    @property
    def is_on(self) -> bool:
        return self.sign == "on"

    @property
    def is_switch(self) -> bool:
        return self.purpose.pk == EMARKETING

    @property
    def sign(self) -> str:
        return self.SIGNS[self.consent.standing] if self.consent else "never"

    @property
    def state(self) -> str:
        if not self.consent:
            return _("Never asked")
        if self.sign == "stop":
            return str(self.consent.basis)
        return str(Consent.Standing(self.consent.standing).label)


@dataclass(frozen=True)
class SubscriptionRow:
    """One subscription type, and whether its mail would come (rules 3, rows 7, 9 and 10)."""

    type: SubscriptionType
    subscription: Subscription | None
    emarketing: PurposeRow

    @property
    def key(self) -> str:
        return f"type-{self.type.pk}"

    @property
    def answer(self) -> Subscription | None:
        return self.subscription

    @property
    def is_on(self) -> bool:
        return self.subscription.is_active if self.subscription else self.emarketing.is_on

    @property
    def state(self) -> str:
        if self.subscription is None:
            return _("Comes with E-marketing") if self.is_on else _("Never chosen")
        if not self.subscription.is_active:
            return _("Ended")
        return _("Held back, because E-marketing is OFF") if self.emarketing.sign == "stop" else _("Subscribed")

    @property
    def sign(self) -> str:
        if self.subscription is None:
            return "info" if self.is_on else "never"
        return "stop" if not self.subscription.is_active or self.emarketing.sign == "stop" else "on"


def purposes_of(person: Person) -> list[PurposeRow]:
    consents = person.consents.with_standing().select_related(
        "basis", "source", "wording", "event__act__user", "event__evidence"
    )
    answered = {consent.purpose_id: consent for consent in consents}
    return [PurposeRow(purpose, answered.get(purpose.pk)) for purpose in Purpose.objects.active()]


class Addresses:
    """Which address a person had when an answer was recorded (rules 4.13). Known by hashes alone."""

    def __init__(self, person: Person):
        self.present = person.address_hash
        self.former = list(person.former_addresses.all())

    def was_another(self, event: ConsentEvent) -> bool:
        """Whether the answer was recorded for an address that is no longer the person's.

        What was put back by an undo is as old as the day it was given.
        """
        moment = (event.undoes_id and event.given_at) or event.act.recorded_at
        then = next((row.address_hash for row in self.former if row.until > moment), self.present)
        return bytes(then or b"") != bytes(self.present or b"")


def for_another_address(person: Person, purposes: list[PurposeRow], subscriptions: list[SubscriptionRow]) -> set[str]:
    """The keys of the rows whose answer was recorded for an address that is no longer the person's."""
    addresses = Addresses(person)
    rows: list[PurposeRow | SubscriptionRow] = [*purposes, *subscriptions]
    return {row.key for row in rows if row.answer and addresses.was_another(row.answer.event)}


def answers_on(key: str, persons: Iterable[Person]) -> dict[int, PurposeRow]:
    """What each of some persons answered on one purpose, by the person's id."""
    purpose = Purpose.objects.get(pk=key)
    consents = Consent.objects.with_standing().filter(person__in=persons, purpose=purpose).select_related("basis")
    answered = {consent.person_id: consent for consent in consents}
    return {person.pk: PurposeRow(purpose, answered.get(person.pk)) for person in persons}


def subscriptions_of(person: Person, purposes: list[PurposeRow]) -> list[SubscriptionRow]:
    emarketing = next(row for row in purposes if row.purpose.pk == EMARKETING)
    chosen = {row.type_id: row for row in person.subscriptions.select_related("source", "event__act__user")}
    return [SubscriptionRow(type_, chosen.get(type_.pk), emarketing) for type_ in SubscriptionType.objects.active()]


def answer_on(asked: Answer) -> Consent | Subscription | None:
    """What stands now on the matter of an answer."""
    rows: QuerySet[Any]
    if asked.type_id:
        rows = Subscription.objects.filter(type=asked.type_id)
    else:
        rows = Consent.objects.filter(purpose=asked.purpose_id)
    return rows.filter(person=asked.person_id).select_related("source", "event__act__user").first()


def is_lifted_by_file(asked: Answer) -> bool:
    """Whether the stop that this allowance met is one that a file may lift (rules 4.3)."""
    stop = answer_on(asked)
    return stop is not None and stop.force <= ConsentEvent.Force.EVIDENCE


def answers_at(events: Iterable[ConsentEvent], moment: datetime) -> list[ConsentEvent]:
    """Of events, the newest first: those that stood at a moment, by what had been recorded by then."""
    latest: dict[tuple, ConsentEvent] = {}
    for event in events:
        if not event.is_late and event.act.recorded_at <= moment:
            latest.setdefault((event.purpose_id, event.subscription_type_id), event)
    return [event for event in latest.values() if event.basis_after_id]


@dataclass(frozen=True)
class Then:
    """A person at a moment of the past, by what had been recorded and set by then."""

    moment: datetime
    answers: list[ConsentEvent]
    never_asked: list[Purpose]
    verdicts: list[tuple[SubscriptionType | None, verdict.Explanation]]  # None: a mailing without a type


def on_a_day(person: Person, events: Iterable[ConsentEvent], moment: datetime) -> Then:
    """What stood, of the person's events, newest first, and what rows 6, 7 and 9 to 13 of the verdict made of it."""
    answers = answers_at(events, moment)
    asked = {event.purpose_id for event in answers}
    types: list[SubscriptionType | None] = [None, *SubscriptionType.objects.active()]
    return Then(
        moment=moment,
        answers=answers,
        never_asked=[purpose for purpose in Purpose.objects.active() if purpose.pk not in asked],
        verdicts=[
            (type_, verdict.explain(person, verdict.Question(type=type_.pk if type_ else None, moment=moment)))
            for type_ in types
        ],
    )


def plain_answer(person: Person, subscriptions: list[SubscriptionRow]) -> verdict.Explanation:
    """Whether e-marketing comes: all of it, some types only, all but some, or none, and why."""
    found = verdict.explain(person)
    ended = [row.type for row in subscriptions if row.subscription and not row.subscription.is_active]
    if found.code == verdict.Code.SUBSCRIPTION:
        chosen = [row.type for row in subscriptions if row.subscription and row.subscription.is_active]
        return replace(found, sentence=_("%(types)s only") % {"types": listed(chosen)})
    if found.code == verdict.Code.UNSUBSCRIBED and (others := [row for row in subscriptions if row.type not in ended]):
        found = verdict.explain(person, verdict.Question(type=others[0].type.pk))
    if found.allowed and ended:
        return replace(
            found, sentence=_("%(answer)s; not %(types)s") % {"answer": found.sentence, "types": listed(ended)}
        )
    return found


def listed(types: list[SubscriptionType]) -> str:
    return ", ".join(str(type_) for type_ in types)
