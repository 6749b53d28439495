"""Two rows that are one person: the answers of both are settled on the one that is kept (rules 4.12)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from persons import carrying, leaving, ledger
from persons.ledger import Recorder
from persons.models import Consent, ConsentEvent, ExternalId, Person, PreferenceRequest, Suppression
from purposes.models import LegalBasis, Purpose, SubscriptionType

PLACE = ("street", "postcode", "city", "country")  # one thing: half of one and half of the other leads nowhere
ALONE = ("title", "company", "phone", "mobile", "language")
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Changed(Exception):
    """Something about the two is not as it was when somebody looked at what would become of them."""


@dataclass(frozen=True)
class Settled:
    """One purpose or one subscription type: what stands on either side, and what will stand."""

    matter: Purpose | SubscriptionType
    kept: Any  # Consent or Subscription; None where nothing stands
    other: Any

    @property
    def stands(self) -> Any:
        """A stop on either side; of two, the one harder to lift; else the valid answer given last."""
        return self.kept if _weight(self.kept) >= _weight(self.other) else self.other

    @property
    def comes_over(self) -> bool:
        return self.stands is self.other

    @property
    def late_event(self) -> int | None:
        """A stop that gives way to the other side's is kept beside it: what may lift that one need not lift this."""
        loser = self.kept if self.comes_over else self.other
        return loser.event_id if loser and not _allows(loser) else None


@dataclass(frozen=True)
class Field:
    """A fact on which the two differ."""

    name: str
    label: str
    kept: Any
    other: Any
    stays: Any


@dataclass(frozen=True)
class Plan:
    """What becomes of two persons; `seen` tells whether it is still so."""

    kept: Person
    other: Person
    answers: list[Settled]
    fields: list[Field]
    no_mailings: bool
    blocks_address: bool

    @property
    def seen(self) -> str:
        events = sorted(row.event_id for one in self.answers for row in (one.kept, one.other) if row)
        facts = [self.kept.updated_at.isoformat(), self.other.updated_at.isoformat(), *map(str, events)]
        return " ".join(facts)


def similar(person: Person) -> Any:
    """Who may be the same person: the same name, or the same address."""
    same = Q(name_key=person.name_key) & ~Q(name_key="")
    if person.address:
        same |= Q(address=person.address)
    return Person.objects.kept().filter(same).exclude(pk=person.pk).select_related("company")


def plan(kept: Person, other: Person) -> Plan:
    """What merging the other into the kept one would do."""
    answers = [*_consents(kept, other), *_subscriptions(kept, other)]
    is_stopped = any(one.other and not _allows(one.other) for one in answers)
    return Plan(
        kept=kept,
        other=other,
        answers=answers,
        fields=_fields(kept, other),
        no_mailings=kept.no_mailings or other.no_mailings,
        blocks_address=is_stopped and bool(other.address) and bool(kept.address) and other.address != kept.address,
    )


def merge(kept_id: int, other_id: int, *, by: Recorder, seen: str | None = None) -> Plan:
    """Merge the other person into the kept one, as one act. Cannot be undone.

    Raises ValueError where they are one row, Person.DoesNotExist where one of them is gone, and Changed where `seen`
    is given and is not how they are any more.
    """
    if kept_id == other_id:
        raise ValueError("A person cannot be merged into itself.")
    with transaction.atomic():
        ledger.lock([kept_id, other_id])
        persons = Person.objects.kept().select_related("company")
        done = plan(persons.get(pk=kept_id), persons.get(pk=other_id))
        if seen is not None and seen != done.seen:
            raise Changed
        _settle(done, by)
        if done.blocks_address:
            leaving.block(bytes(done.other.address_hash or b""), Suppression.Reason.CHANGED)
        _retire(done)
        _fill(done)
    return done


def _settle(plan: Plan, by: Recorder) -> None:
    over = [one.other.event_id for one in plan.answers if one.comes_over]
    late = [event for one in plan.answers if (event := one.late_event)]
    stops = ConsentEvent.objects.filter(person=plan.other, is_late=True, basis_after__allows=False, undone_by=None)
    late += stops.values_list("pk", flat=True)
    carrying.carry(gone=[plan.other], kept=plan.kept, over=over, late=late, by=by)


def _retire(plan: Plan) -> None:
    """The name stays, so that links and history can say who it was; everything else goes, or goes over."""
    ExternalId.objects.filter(person=plan.other).update(person=plan.kept)
    for selection in plan.other.selections.all():
        selection.members.add(plan.kept)
        selection.members.remove(plan.other)
    other = plan.other
    waiting = PreferenceRequest.objects.filter(handled_at=None)
    known = list(waiting.filter(person=plan.kept).values_list("purpose", flat=True))
    waiting.filter(person=other).exclude(purpose__in=known).update(person=plan.kept)
    emptied = {name: "" for name in ("email", *PLACE, *ALONE) if name != "company"}
    Person.objects.filter(pk=other.pk).update(
        **emptied, company=None, address=None, address_hash=None, merged_into=plan.kept
    )


def _fill(plan: Plan) -> None:
    for field in plan.fields:
        setattr(plan.kept, field.name, field.stays)
    plan.kept.no_mailings = plan.no_mailings
    plan.kept.save()


# ---- what is decided


def _consents(kept: Person, other: Person) -> list[Settled]:
    rows = Consent.objects.with_standing().select_related("purpose", "basis", "source")
    found = {(row.person_id, row.purpose_id): row for row in rows.filter(person__in=[kept, other])}
    purposes = Purpose.objects.filter(pk__in={purpose for _person, purpose in found})
    return [Settled(one, found.get((kept.pk, one.pk)), found.get((other.pk, one.pk))) for one in purposes]


def _subscriptions(kept: Person, other: Person) -> list[Settled]:
    rows = kept.subscriptions.model.objects.select_related("type", "source").filter(person__in=[kept, other])
    found = {(row.person_id, row.type_id): row for row in rows}
    types = SubscriptionType.objects.filter(pk__in={type_ for _person, type_ in found})
    return [Settled(one, found.get((kept.pk, one.pk)), found.get((other.pk, one.pk))) for one in types]


def _weight(row: Any) -> tuple:
    """The heavier answer stands."""
    if row is None:
        return (0,)
    given = row.given_at or LONG_AGO
    if not _allows(row):
        return (3, row.force, given)
    return (2 if getattr(row, "standing", Consent.Standing.ON) == Consent.Standing.ON else 1, 0, given)


def _allows(row: Any) -> bool:
    basis: LegalBasis | None = getattr(row, "basis", None)
    return basis.allows if basis else row.is_active


def _fields(kept: Person, other: Person) -> list[Field]:
    """Where they differ. The kept one keeps what it has; what it lacks, it takes over."""
    takes_place = not any(getattr(kept, name) for name in PLACE)
    takes = dict.fromkeys(PLACE, takes_place) | {name: not getattr(kept, name) for name in ALONE}
    labels = {field.name: field.verbose_name for field in Person._meta.fields}
    takes["email"] = not kept.address and bool(other.email)
    found = []
    for name in ("first_name", "last_name", "email", *ALONE, *PLACE):
        ours, theirs = getattr(kept, name), getattr(other, name)
        if theirs and ours != theirs:
            found.append(Field(name, str(labels[name]), ours, theirs, theirs if takes.get(name) else ours))
    return found
