"""All that is held about one person, from every room (GDPR articles 15 and 20)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from mailings.models import Recipient, SendingSettings
from mailings.person_views import recipients_of
from persons import standing
from persons.history_views import SHOWN_WITH_AN_EVENT
from persons.models import (
    ConsentEvent,
    Deliverability,
    ExternalId,
    FormerAddress,
    Operation,
    OperationPerson,
    PendingConfirmation,
    Person,
    PreferenceRequest,
    Selection,
    SingleMessage,
    Suppression,
)
from persons.outcomes import REPORTED
from persons.verdict import Code, sentence
from purposes.models import EMARKETING, PublicPages

FIELDS = [
    "first_name",
    "last_name",
    "title",
    "email",
    "phone",
    "mobile",
    "street",
    "postcode",
    "city",
    "country",
    "language",
]
FLAGS = ["no_mailings", "former_employee"]


@dataclass(frozen=True)
class Sent:
    """A mailing that reached the person, or was held back; `at` is None where it still waits."""

    recipient: Recipient
    at: datetime | None
    verdict: str


@dataclass(frozen=True)
class Report:
    """What is held about a person at the moment `made_at`, also by way of those merged into this one."""

    person: Person
    made_at: datetime
    controller: str
    controller_address: str
    merged: list[Person]
    external_ids: list[ExternalId]
    former_addresses: list[FormerAddress]
    purposes: list[standing.PurposeRow]
    subscriptions: list[standing.SubscriptionRow]
    events: list[ConsentEvent]  # the newest first
    mailings: list[Sent]
    messages: list[SingleMessage]
    selections: list[Selection]
    requests: list[PreferenceRequest]
    unconfirmed: list[PendingConfirmation]
    blocks: list[Suppression]
    bounce: Deliverability | None
    taken: list[Operation]  # the report itself, by whom and when

    @property
    def files(self) -> list[ConsentEvent]:
        """The events that a file proves which is there: it may be missing after a restore."""
        proven = [event for event in self.events if hasattr(event, "evidence") and event.evidence.file]
        return [event for event in proven if default_storage.exists(str(event.evidence.file.name))]

    @property
    def fields(self) -> list[tuple[str, str, Any]]:
        """Name, label and value of each field of the person itself that is filled in."""
        return [
            (name, str(Person._meta.get_field(name).verbose_name), value)  # type: ignore[union-attr]
            for name in FIELDS
            if (value := getattr(self.person, name))
        ]

    @property
    def flags(self) -> list[tuple[str, str, bool]]:
        return [
            (name, str(Person._meta.get_field(name).verbose_name), getattr(self.person, name))  # type: ignore[union-attr]
            for name in FLAGS
        ]


def gather(person: Person) -> Report:
    """The same number of queries however many answers and messages there are."""
    everybody = person.with_merged()
    purposes = standing.purposes_of(person)
    subscriptions = standing.subscriptions_of(person, purposes)
    own = {"person__in": everybody}
    events = ConsentEvent.objects.filter(**own).newest_first().select_related(*SHOWN_WITH_AN_EVENT)
    hashes = addresses(person)
    return Report(
        person=person,
        made_at=timezone.now(),
        controller=PublicPages.current().company_name,
        controller_address=SendingSettings.current().postal_address,
        merged=everybody[1:],
        external_ids=list(ExternalId.objects.filter(**own).order_by("system", "value")),
        former_addresses=list(FormerAddress.objects.filter(**own)),
        purposes=purposes + no_longer_asked(person),
        subscriptions=subscriptions + no_longer_offered(person, purposes),
        events=list(events),
        mailings=mailings_of(person),
        messages=messages_to(everybody),
        selections=list(Selection.objects.filter(members__in=everybody).distinct()),
        requests=list(PreferenceRequest.objects.filter(**own).select_related("purpose")),
        unconfirmed=list(PendingConfirmation.objects.filter(**own, confirmed_at=None).order_by("asked_at")),
        blocks=list(Suppression.objects.filter(address_hash__in=hashes).order_by("suppressed_at", "id")),
        bounce=Deliverability.objects.filter(address_hash=person.address_hash).first(),
        taken=list(
            Operation.objects.filter(kind=Operation.Kind.REPORT, persons__person__in=everybody)
            .select_related("created_by")
            .order_by("-pk")
        ),
    )


@transaction.atomic
def keep_that_it_was_taken(person: Person, *, by: Any) -> None:
    """Record who took the report about whom, by their numbers, like any other way out of the house."""
    taken = Operation.objects.create(
        kind=Operation.Kind.REPORT,
        state=Operation.State.DONE,
        created_by=by,
        finished_at=timezone.now(),
        total=1,
        done=1,
        counts={REPORTED: 1},
    )
    OperationPerson.objects.create(operation=taken, person=person, outcome=REPORTED, is_done=True)


def no_longer_asked(person: Person) -> list[standing.PurposeRow]:
    """Answers on purposes that are not in use any more are held all the same."""
    answers = (
        person.consents.with_standing().filter(purpose__is_active=False).select_related("purpose", "basis", "source")
    )
    return [standing.PurposeRow(answer.purpose, answer) for answer in answers]


def no_longer_offered(person: Person, purposes: list[standing.PurposeRow]) -> list[standing.SubscriptionRow]:
    emarketing = next(row for row in purposes if row.purpose.pk == EMARKETING)
    chosen = person.subscriptions.filter(type__is_active=False).select_related("type", "source")
    return [standing.SubscriptionRow(answer.type, answer, emarketing) for answer in chosen]


def addresses(person: Person) -> list[bytes]:
    """The hashes of all addresses that the person has and had."""
    former = person.former_addresses.values_list("address_hash", flat=True)
    return [bytes(one) for one in [person.address_hash, *former] if one]


def mailings_of(person: Person) -> list[Sent]:
    found = recipients_of(person).select_related("mailing__type", "event__act", "event__basis_after", "event__source")
    return [
        Sent(row, row.claimed_at or row.mailing.built_at, sentence(Code(row.code), row.event))
        for row in found.order_by("-pk")
    ]


def messages_to(everybody: list[Person]) -> list[SingleMessage]:
    """Messages to the persons themselves, and those that asked for a confirmation of theirs."""
    theirs = Q(person__in=everybody) | Q(confirmation__person__in=everybody)
    return list(SingleMessage.objects.filter(theirs).order_by("-id"))
