"""What became of a mailing: how many got it, left by it, were held back, and what the servers said."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Left
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mailings import outcome
from mailings.diagnosis import Bounce
from mailings.models import Mailing, Recipient
from mailings.outcome import Outcome
from persons.spreadsheets import safe

# Not states of their own: they left by the link in the message; held back when the list was made, or at hand-over.
LEFT, BEFORE, AT_HAND_OVER = "left", "held_back_before", "held_back_late"
BOUNCED, COMPLAINED = "bounced", "complained"
WORDS_SHOWN = 20  # different answers of servers
ROWS = 2_000  # read at a time
LETTERS = 200  # of an answer: what follows is often particular to one message

IS = {
    LEFT: Q(link__left_at__isnull=False),
    BOUNCED: ~Q(bounce=""),
    COMPLAINED: Q(complained_at__isnull=False),
    BEFORE: Q(state=Recipient.State.HELD_BACK, claimed_at=None),
    AT_HAND_OVER: Q(state=Recipient.State.HELD_BACK, claimed_at__isnull=False),
    Recipient.State.WAITING: Q(state__in=[Recipient.State.WAITING, Recipient.State.CLAIMED]),
}


@dataclass(frozen=True)
class Figure:
    """One number of the report, and where its persons are listed; `share` in per cent of those it was sent to."""

    label: str
    number: int
    url: str
    share: float | None = None


@dataclass(frozen=True)
class Report:
    figures: list[Figure]
    outcome: Outcome
    answers: list[dict]
    links: list


def of(mailing: Mailing) -> Report:
    """The report as the numbers are now; two statements over the recipients, whatever their number."""
    found = numbers(mailing)
    return Report(_figures(mailing, found), outcome.of(mailing), _answers(mailing), list(mailing.tracked_links.all()))


def numbers(mailing: Mailing) -> dict[str, int]:
    """How many recipients are in each state, how many left, and how many were held back at the last moment."""
    wanted = {state: in_state(state) for state in (*Recipient.State.values, *IS)}
    return mailing.recipients.aggregate(
        audience=Count("pk"), **{name: Count("pk", filter=condition) for name, condition in wanted.items()}
    )


def in_state(state: str) -> Q:
    """The recipients of a state, and of what the report counts besides."""
    return IS.get(state) or Q(state=state)


FIGURES = {
    "audience": _("Persons in the list"),
    Recipient.State.SENT: _("Sent"),
    LEFT: _("Left by it"),
    COMPLAINED: _("Complained"),
    BOUNCED: _("Came back"),
    Recipient.State.HELD_BACK: _("Held back"),
    AT_HAND_OVER: _("Of them at the last moment"),
    Recipient.State.FAILED: _("Failed"),
    Recipient.State.UNCERTAIN: _("Uncertain"),
    Recipient.State.WAITING: _("Waiting"),
    Recipient.State.CANCELLED: _("Cancelled"),
}
OF_THOSE_SENT = {LEFT, COMPLAINED, BOUNCED}
ALWAYS = {"audience", Recipient.State.SENT, LEFT, Recipient.State.HELD_BACK}


def _figures(mailing: Mailing, found: dict[str, int]) -> list[Figure]:
    shown = [name for name in FIGURES if found[name] or name in ALWAYS]
    sent = found[Recipient.State.SENT]
    return [
        Figure(
            label=str(FIGURES[name]),
            number=found[name],
            url=_url(mailing, "" if name == "audience" else name),
            share=round(100 * found[name] / sent, 1) if name in OF_THOSE_SENT and sent else None,
        )
        for name in shown
    ]


def _url(mailing: Mailing, state: str, **asked: str) -> str:
    query = f"?{urlencode({'state': state} | asked)}" if state else ""
    return reverse("mailings:audience", args=[mailing.pk]) + query


def _answers(mailing: Mailing) -> list[dict]:
    """What servers said of messages that failed, came back or are uncertain, the most frequent first."""
    troubled = Q(state__in=[Recipient.State.FAILED, Recipient.State.UNCERTAIN]) | IS[BOUNCED]
    said = mailing.recipients.filter(troubled).annotate(words=Left("answer", LETTERS)).order_by()
    rows = said.values("state", "bounce", "words").annotate(number=Count("pk")).order_by("-number", "words", "state")
    return [row | _meant(mailing, row) for row in rows[:WORDS_SHOWN]]


def answered(recipients: QuerySet[Recipient], *, words: str, bounce: str) -> QuerySet[Recipient]:
    """Those whom one line of `_answers` counts, among those of its state."""
    return recipients.annotate(words=Left("answer", LETTERS)).filter(words=words, bounce=bounce)


def _meant(mailing: Mailing, row: Mapping) -> dict:
    kind = Bounce(row["bounce"]) if row["bounce"] else Recipient.State(row["state"])
    return {"label": kind.label, "url": _url(mailing, row["state"], bounce=row["bounce"], answer=row["words"])}


HEAD = [
    *(_("Name"), _("E-mail address"), _("Verdict"), _("State"), _("Answer of the server"), _("Came back")),
    *(_("Handed over"), _("Left by it"), _("Complained")),
]


def rows(mailing: Mailing) -> Iterator[list]:
    """Every recipient as a line of a spreadsheet, below `HEAD`; memory stays flat."""
    recipients = mailing.recipients.select_related("person", "link").order_by("person_id")
    for one in recipients.iterator(chunk_size=ROWS):
        words = (one.person.full_name, one.address or "", one.answer)
        name, address, answer = map(safe, words)
        left_at = one.link.left_at if one.link else None
        moments = [_iso(moment) for moment in (one.claimed_at, left_at, one.complained_at)]
        yield [name, address, one.code, one.state, answer, one.bounce, *moments]


def _iso(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""
