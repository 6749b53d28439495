"""Inventing what the persons answered, when, and how it reached us; the ledger decides what comes of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from persons.ledger import Answer
from persons.models import Door
from purposes.models import (
    CONSENT,
    EMARKETING,
    LEGITIMATE_INTEREST,
    OBJECTED,
    REFUSED,
    STORE,
    WITHDRAWN,
    Wording,
)

from .people import Invented

CONTRACT, REQUIRED_BY_LAW = "61B", "61C"
SMS, THIRD_PARTIES = "SMS", "SHAREWITHTHIRDPARTY"
STOPS = {WITHDRAWN, OBJECTED, REFUSED}
YEAR, THREE_DAYS = timedelta(days=365), timedelta(days=3)
LAWYER_CAME = timedelta(days=150)  # ago; since then a contract is no ground for marketing

# how they came to us -> the door, and the source, of what they answered then
BY_WAY = {
    "import": (Door.IMPORT, "IMPORT"),
    "form": (Door.FORM, "WEBFORM"),
    "user": (Door.PAGE, "USER"),
    "portal": (Door.API, "CUSTOMERPORTAL"),
    "fair": (Door.PAGE, "REQUEST"),
}
ASKED_AT_THE_FAIR = "Signed the card at our stand at the trade fair."
ASKED_BY_PHONE = "Said yes on the phone when we spoke about the delivery."
OLD_REGISTER = "Ticked the box for news in our old customer register."
NOT_WANTED = [
    "Asked by phone not to get newsletters any more.",
    "Answered our newsletter: please take me off the list.",
    "Wrote in the chat that it is too much mail.",
]


@dataclass(frozen=True)
class Told:
    """One answer of the story: who gave it when, the door it came through, and what `Answer` wants to know."""

    one: Invented
    at: datetime
    door: Door
    facts: dict[str, Any]

    @property
    def answer(self) -> Answer:
        """The answer as it is recorded, once the person is saved."""
        return Answer(person_id=self.one.person.pk, **self.facts)

    @property
    def is_stop(self) -> bool:
        return self.facts["basis_id"] in STOPS


@dataclass(frozen=True)
class Story:
    """The answers of one person, invented one matter after the other. `mailed` are the moments of mailings."""

    one: Invented
    today: datetime
    mailed: list[datetime]
    wordings: dict[tuple[str, str], list[tuple[datetime, Wording]]]
    chance: Random

    def told(self) -> Iterator[Told]:
        yield from self._store()
        yield from self._emarketing()
        yield from self._subscriptions()
        yield from self._others()

    # ---- the matters

    def _store(self) -> Iterator[Told]:
        if self.chance.random() < 0.06:
            return
        bases = {LEGITIMATE_INTEREST: 68, CONTRACT: 26, CONSENT: 4, REQUIRED_BY_LAW: 2}
        basis = self._one_of(bases)
        yield self._first(STORE, basis, comment=ASKED_BY_PHONE if basis == CONSENT else "")
        if basis == CONSENT and self.chance.random() < 0.3:
            yield self._later(Door.PAGE, STORE, WITHDRAWN, "EMAIL", comment="Wants us to close the customer account.")

    def _emarketing(self) -> Iterator[Told]:
        path = self._one_of(PATHS)
        is_new = self.one.since > self.today - timedelta(days=100)
        yield from getattr(self, f"_{'consented' if is_new and path in LEAVING else path}")()

    def _never_asked(self) -> Iterator[Told]:
        yield from ()

    def _consented(self) -> Iterator[Told]:
        yield self._first(EMARKETING, CONSENT)

    def _customer(self) -> Iterator[Told]:
        yield self._first(EMARKETING, LEGITIMATE_INTEREST, **self._sale())

    def _left_by_link(self) -> Iterator[Told]:
        yield self._first(EMARKETING, CONSENT)
        door = self.chance.choice([Door.LINK, Door.LINK, Door.ONE_CLICK])
        yield self._after_a_mailing(door, EMARKETING, WITHDRAWN)

    def _taken_off_by_staff(self) -> Iterator[Told]:
        yield self._first(EMARKETING, CONSENT)
        source = self.chance.choice(["EMAIL", "REQUEST", "CHAT"])
        yield self._later(Door.PAGE, EMARKETING, WITHDRAWN, source, comment=self.chance.choice(NOT_WANTED))

    def _objected(self) -> Iterator[Told]:
        yield self._first(EMARKETING, LEGITIMATE_INTEREST, **self._sale())
        if self.chance.random() < 0.6:
            yield self._after_a_mailing(Door.LINK, EMARKETING, OBJECTED)
        else:
            yield self._later(Door.PAGE, EMARKETING, OBJECTED, "EMAIL", comment="Objects to all direct marketing.")

    def _complained(self) -> Iterator[Told]:
        yield self._first(EMARKETING, LEGITIMATE_INTEREST, **self._sale())
        yield self._after_a_mailing(Door.COMPLAINT, EMARKETING, OBJECTED)

    def _refused(self) -> Iterator[Told]:
        yield self._first(EMARKETING, REFUSED, comment="")

    def _came_back(self) -> Iterator[Told]:
        yield self._first(EMARKETING, CONSENT)
        left = self._after_a_mailing(Door.LINK, EMARKETING, WITHDRAWN)
        yield left
        back = self._moment(left.at)
        yield self._said(back, Door.FORM, EMARKETING, CONSENT, "WEBFORM", wording=self._wording(EMARKETING, back))

    def _for_a_year(self) -> Iterator[Told]:
        until = self.one.since + YEAR
        yield self._first(EMARKETING, CONSENT, comment=ASKED_AT_THE_FAIR, valid_until=until)

    def _by_contract(self) -> Iterator[Told]:
        """What the company once took for enough, and no longer does."""
        if self.one.since < self.today - LAWYER_CAME:
            yield self._first(EMARKETING, CONTRACT, comment="")

    def _on_an_unknown_day(self) -> Iterator[Told]:
        facts = {"purpose_id": EMARKETING, "basis_id": CONSENT, "source_id": "UNKNOWN", "comment": OLD_REGISTER}
        yield Told(self.one, self.one.since, Door.IMPORT, facts)

    def _subscriptions(self) -> Iterator[Told]:
        if self.one.way not in ("form", "portal") and self.chance.random() < 0.88:
            return
        types = self.chance.sample(["NEWS", "INVITATIONS", "PROMOTIONS"], self.chance.choice([1, 1, 2, 3]))
        for key in types:
            yield self._subscribed(key)
            if self.chance.random() < 0.22:
                yield self._ended(key)

    def _others(self) -> Iterator[Told]:
        if self.one.person.mobile and self.chance.random() < 0.5:
            yield self._first(SMS, CONSENT)
            if self.chance.random() < 0.15:
                yield self._later(Door.PAGE, SMS, WITHDRAWN, "REQUEST", comment="Answered STOP to a text message.")
        if self.chance.random() < 0.2:
            yield self._first(THIRD_PARTIES, self._one_of({CONSENT: 45, REFUSED: 55}))

    # ---- how an answer comes about

    def _first(self, purpose: str, basis: str, **proof: Any) -> Told:
        """Answered when they came to us; with the proof that this way leaves, unless another is given."""
        door, source = BY_WAY[self.one.way]
        return self._said(self.one.since, door, purpose, basis, source, **(proof or self._proof(purpose)))

    def _later(self, door: Door, purpose: str, basis: str, source: str, comment: str = "") -> Told:
        return self._said(self._moment(self.one.since), door, purpose, basis, source, comment=comment)

    def _after_a_mailing(self, door: Door, purpose: str, basis: str) -> Told:
        return self._said(self._mailing_after(self.one.since), door, purpose, basis, "EMAIL")

    def _said(self, at: datetime, door: Door, purpose: str, basis: str, source: str, **facts: Any) -> Told:
        known = {"purpose_id": purpose, "basis_id": basis, "source_id": source, "given_at": at}
        return Told(self.one, at, door, known | facts)

    def _subscribed(self, key: str) -> Told:
        door, source = BY_WAY[self.one.way]
        known = {"type_id": key, "basis_id": CONSENT, "source_id": source, "given_at": self.one.since}
        return Told(self.one, self.one.since, door, known | self._proof(EMARKETING))

    def _ended(self, key: str) -> Told:
        at = self._mailing_after(self.one.since)
        facts = {"type_id": key, "basis_id": WITHDRAWN, "source_id": "EMAIL", "given_at": at}
        return Told(self.one, at, Door.ONE_CLICK, facts)

    def _proof(self, purpose: str) -> dict[str, Any]:
        match self.one.way:
            case "form" | "portal":
                return {"wording": self._wording(purpose, self.one.since)}
            case "fair":
                return {"comment": ASKED_AT_THE_FAIR}
            case "import":
                return {"comment": OLD_REGISTER}
            case _:
                return {"comment": ASKED_BY_PHONE}

    def _sale(self) -> dict[str, Any]:
        day = self.one.since - timedelta(days=self.chance.randint(1, 20))
        return {"comment": f"Customer: order {self.chance.randint(10000, 99999)} of {day:%d.%m.%Y}."}

    def _wording(self, purpose: str, at: datetime) -> Wording:
        """What was shown in the person's language at that moment."""
        numbered = self.wordings[purpose, self.one.country.language]
        return [wording for since, wording in numbered if since <= at][-1]

    def _mailing_after(self, at: datetime) -> datetime:
        """Within three days of a mailing, where one was sent to them; else some day."""
        moments = [sent for sent in self.mailed if at + timedelta(days=2) < sent < self.today - THREE_DAYS]
        if not moments:
            return self._moment(at)
        return self.chance.choice(moments[:3]) + THREE_DAYS * self.chance.uniform(0.001, 1) ** 2

    def _moment(self, after: datetime) -> datetime:
        return after + (self.today - after) * self.chance.uniform(0.05, 0.95)

    def _one_of(self, weights: dict[str, int]) -> str:
        return self.chance.choices(list(weights), list(weights.values()))[0]


# what became of e-marketing, and how many of a hundred and fifty
PATHS = {
    "never_asked": 37,
    "consented": 48,
    "customer": 22,
    "left_by_link": 9,
    "taken_off_by_staff": 5,
    "objected": 5,
    "complained": 1,
    "refused": 6,
    "came_back": 3,
    "for_a_year": 8,
    "by_contract": 4,
    "on_an_unknown_day": 2,
}
LEAVING = {"left_by_link", "taken_off_by_staff", "objected", "came_back"}  # not so soon after they came
