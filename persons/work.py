"""The work list: what somebody has to see to, each kind as the set of persons that it concerns (screens: Work list)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from persons.models import Consent, Person, Subscription
from purposes.models import STORE

SOON = timedelta(days=30)
UNKNOWN = "UNKNOWN"


def consents() -> Any:
    """The answers of the person at hand, on purposes that are in use."""
    return Consent.objects.with_standing().filter(person=OuterRef("pk"), purpose__is_active=True)


def without_basis() -> Q:
    return Q(~Exists(Consent.objects.filter(person=OuterRef("pk"), purpose=STORE)))


def expired() -> Q:
    return Q(Exists(consents().filter(standing=Consent.Standing.EXPIRED)))


def expiring() -> Q:
    ends = Q(valid_until__lte=Now() + SOON) | Q(wording__ask_again_by__lte=Now() + SOON)
    return Q(Exists(consents().filter(ends, standing=Consent.Standing.ON)))


def superseded() -> Q:
    return Q(Exists(consents().filter(basis__allows=True, wording__ask_again_by__isnull=False)))


def unknown_source() -> Q:
    subscribed = Subscription.objects.filter(person=OuterRef("pk"), is_active=True, source=UNKNOWN)
    return Q(Exists(consents().filter(source=UNKNOWN))) | Q(Exists(subscribed))


def last_ground_withdrawn() -> Q:
    """Somebody said no, and nothing else allows to keep the person (GDPR art. 17(1)(b))."""
    stopped = consents().filter(standing=Consent.Standing.STOPPED)
    allowed = consents().filter(standing=Consent.Standing.ON)
    subscribed = Subscription.objects.filter(person=OuterRef("pk"), is_active=True)
    return Q(Exists(stopped)) & ~Q(Exists(allowed)) & ~Q(Exists(subscribed))


@dataclass(frozen=True)
class Matter:
    """One kind of work: whom it concerns, why it matters, and what a bulk update would begin with."""

    key: str
    label: Any
    why: Any
    concerns: Callable[[], Q]
    deed: Any = ""
    starts_with: str = ""

    def persons(self, persons: QuerySet[Person]) -> QuerySet[Person]:
        return persons.filter(self.concerns())


MATTERS = {
    matter.key: matter
    for matter in [
        Matter(
            "no_basis",
            _("No legal basis for sales and service"),
            _("Nothing says why we may keep these persons. Record the basis, or erase them."),
            without_basis,
            _("Record a legal basis"),
            "matter=purpose-STORE&mode=only_none",
        ),
        Matter(
            "last_ground",
            _("Last ground withdrawn"),
            _("They said no, and nothing else allows us to keep them. Record another basis, or erase them."),
            last_ground_withdrawn,
            _("Record a legal basis"),
            "matter=purpose-STORE&mode=only_none",
        ),
        Matter(
            "expired",
            _("Consent expired"),
            _("It ran out, or had to be asked for again and was not. Nothing is sent on it any more."),
            expired,
            _("Record a new answer"),
            "mode=replace",
        ),
        Matter(
            "expiring",
            _("Consent expires within 30 days"),
            _("Ask again before it runs out."),
            expiring,
            _("Record a new answer"),
            "mode=replace",
        ),
        Matter(
            "superseded",
            _("Rests on a wording that asks for new consent"),
            _("The text was changed since, and people have to be asked again by a date."),
            superseded,
            _("Record a new answer"),
            "mode=replace",
        ),
        Matter(
            "unknown_source",
            _("Source unknown"),
            _("An answer whose source nobody can name proves little."),
            unknown_source,
            _("Record the source"),
            "mode=replace",
        ),
    ]
}
