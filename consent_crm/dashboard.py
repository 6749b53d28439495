"""What Home says about the persons, the mailings, the ledger and the worker; each part is asked for by itself."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncMonth
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from mailings.models import Mailing, Recipient
from persons import charts, journal, validity
from persons.charts import Line, Part
from persons.models import Consent, ConsentEvent, LedgerCheck, Person, Seal, UnsealedAct
from purposes.models import EMARKETING, Purpose

MONTHS = 24
LATEST = 5
NEVER = "never"
KINDS = {"stopped": "stop", "not_accepted": "info"}  # the sign of a standing, where it is not its name


@dataclass(frozen=True)
class Coverage:
    """How all persons stand on one purpose."""

    purpose: Purpose
    parts: list[Part]


def coverage() -> list[Coverage]:
    """Each active purpose, with all persons who are kept in one part or another."""
    kept = Q(person__erased_at=None, person__merged_into=None)
    counted = Consent.objects.with_standing().filter(kept).order_by().values_list("purpose", "standing")
    numbers = {(purpose, standing): number for purpose, standing, number in counted.annotate(Count("pk"))}
    everybody = Person.objects.kept().count()
    return [Coverage(purpose, _parts(purpose, numbers, everybody)) for purpose in Purpose.objects.active()]


def _parts(purpose: Purpose, numbers: dict[tuple[str, str], int], everybody: int) -> list[Part]:
    found = {standing: numbers.get((purpose.pk, standing), 0) for standing in Consent.Standing.values}
    found[NEVER] = everybody - sum(found.values())
    return charts.bar(
        [
            Part(KINDS.get(standing, standing), _label(standing), number, _persons_url(purpose.pk, standing))
            for standing, number in found.items()
        ]
    )


def _label(standing: str) -> str:
    match standing:
        case "stopped":
            return _("Said no")
        case "never":
            return _("Never asked")
        case "not_accepted":
            return _("Not accepted")
        case _:
            return str(Consent.Standing(standing).label)


def _persons_url(purpose: str, standing: str) -> str:
    """The list of exactly these persons."""
    asked = {"missing": purpose} if standing == NEVER else {"standing": f"{purpose}:{standing}"}
    return f"{reverse('persons:list')}?{urlencode(asked)}"


def trend() -> Line:
    """By month of the last two years, how often E-marketing was allowed, and how often stopped, by when it was given.

    An answer that did not win, or that was taken back, does not count.
    """
    months = last_months(timezone.localdate())
    standing = ConsentEvent.objects.filter(is_late=False, undoes=None, undone_by=None, basis_after__isnull=False)
    counted = (
        standing.filter(purpose=EMARKETING, given_at__gte=_beginning(months[0]))
        .exclude(act__reason=validity.REASON)
        .order_by()
        .annotate(month=TruncMonth("given_at"))
        .values_list("month", "basis_after__allows")
        .annotate(Count("pk"))
    )
    numbers = {(timezone.localdate(month), allows): number for month, allows, number in counted}
    return charts.line(
        months,
        {
            ("on", _("Given")): [numbers.get((month, True), 0) for month in months],
            ("stop", _("Withdrawn, objected or refused")): [numbers.get((month, False), 0) for month in months],
        },
    )


def last_months(today: date) -> list[date]:
    """The first days of the last MONTHS months, this one included, the oldest first."""
    count = today.year * 12 + today.month - 1
    return [date(month // 12, month % 12 + 1, 1) for month in range(count - MONTHS + 1, count + 1)]


def _beginning(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))  # noqa: DTZ001 - made aware here


@dataclass(frozen=True)
class MailingRow:
    """A mailing with how many it went to, and how many it was held back from; None before it was started."""

    mailing: Mailing
    sent: int | None
    held_back: int | None


def latest_mailings() -> list[MailingRow]:
    latest = list(Mailing.objects.select_related("type").order_by("-updated_at", "-id")[:LATEST])
    started = [mailing.pk for mailing in latest if not mailing.is_before_start]
    sent = _counted(started, Recipient.State.SENT)
    held_back = _counted(started, Recipient.State.HELD_BACK)
    return [MailingRow(mailing, sent.get(mailing.pk), held_back.get(mailing.pk)) for mailing in latest]


def _counted(mailings: list[int], state: str) -> dict[int, int]:
    """How many recipients of each mailing are in a state."""
    recipients: QuerySet[Any] = Recipient.objects.filter(mailing__in=mailings, state=state)
    found = dict(recipients.order_by().values_list("mailing").annotate(Count("pk")))
    return {mailing: found.get(mailing, 0) for mailing in mailings}


@dataclass(frozen=True)
class Ledger:
    """How far the ledger is sealed, and how it was last verified.

    `head` is the hash of the last seal; keep it elsewhere.
    `journal`: whether the journal of stops is *kept*, *none* is, or it is *ahead* of the database.
    """

    sealed_at: datetime | None
    head: str
    waiting: int
    journal: str
    check: LedgerCheck | None = None


def ledger() -> Ledger:
    last = Seal.objects.order_by("number").last()
    waiting = UnsealedAct.objects.count()
    state = ("ahead" if journal.is_ahead() else "kept") if journal.place() else "none"
    return Ledger(
        last.sealed_at if last else None,
        bytes(last.hash).hex() if last else "",
        waiting,
        state,
        LedgerCheck.objects.first(),
    )
