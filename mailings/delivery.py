"""Sending a mailing: claim, hand over, note the outcome, until nobody waits (design section 5).

A worker may die at any point. Before the claim is committed nothing has happened; after it, its recipients become
`uncertain` and are not written to again by themselves; what is noted is done. So nobody is written to twice, and nobody
is lost.
"""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

from mailings import pacing, rates, steering
from mailings.claims import LARGEST, Claim, Claimed, Claimer, Outcome, note
from mailings.composing import Addressee, Message, compose
from mailings.models import Mailing, Recipient, SendingSettings
from mailings.replies import Meaning, bounce, meaning
from mailings.smtp import Connection, Undelivered
from mailings.steering import STALE
from persons import journal

logger = logging.getLogger(__name__)

WORK_OF_A_CLAIM = 0.5  # seconds, at the rate just measured
LADDER = (5, 30, 120, 600, 1_800, 7_200, 21_600, 43_200)  # seconds to the next attempt; after the last it has failed
LOST_IN_A_ROW = 2  # connections lost in a row after which the server is left alone for a while
LONGEST_NAP = 0.25  # seconds between two looks at a rate that is used up
PATIENCE = 120.0  # seconds in which a database that is away is waited for

Result = TypeVar("Result")


@dataclass(frozen=True)
class Rest:
    """How a run ended: in how many seconds to go on, None when there is nothing left to do.

    `in_trouble`: the mail server could not be reached, which is not the recipients' matter.
    """

    wait: float | None
    in_trouble: bool = False


def deliver(mailing: Mailing, *, seconds: float, stopped: Callable[[], bool] = lambda: False) -> Rest:
    """Send along a mailing's recipients for so long, or until none can be claimed, or `stopped` says so.

    Any number may run at once, in any number of processes. It ends between two claims.
    """
    if journal.is_ahead():
        steering.note_trouble(mailing, str(journal.AHEAD))
        return Rest(0.0, in_trouble=True)
    try:
        server = Connection.open()
    except Undelivered as failure:
        return _no_server(mailing, failure)
    steering.clear_trouble(mailing)
    run = Run(mailing, compose(mailing), server)
    try:
        return run.along(time.monotonic() + seconds, stopped)
    finally:
        run.server.close()


class Run:
    """One run along a mailing: one thread, one database connection, one SMTP connection."""

    def __init__(self, mailing: Mailing, message: Message, server: Connection):
        self.mailing, self.message, self.server = mailing, message, server
        self.claimer = Claimer(mailing)
        self.size = 1
        self.lost_in_a_row = 0
        self.is_paused = False
        self.limits = SendingSettings.current()
        self.return_path = self.limits.return_path
        self.looked_at = 0.0

    def along(self, stop_at: float, stopped: Callable[[], bool]) -> Rest:
        """Claim after claim; at the end once more from the beginning, for those who went back to waiting."""
        is_second_look = False
        while time.monotonic() < stop_at and not stopped():
            if trouble := self._connected_again():
                return trouble
            if not (size := self._in_pace()):
                continue
            crowded = self._crowded()
            asked_at = time.monotonic()
            claim = patiently(lambda: self.claimer.claim(size, without=crowded))  # noqa: B023 - called at once
            if claim:
                is_second_look = False
                self._work_off(claim, asked_at)
            elif not is_second_look:
                is_second_look, self.claimer.after = True, 0
            elif crowded and not steering.next_attempt(self.mailing):
                self._nap(min(crowded.values()))
                self.claimer.after = 0
            else:
                steering.finish()
                return Rest(steering.next_attempt(self.mailing))
        return Rest(0.0)

    def _in_pace(self) -> int:
        """How many to claim now, at the rate of the mailing. None yet: waits a little."""
        if not (rate := self.limits.per_second):
            return self.size
        number = patiently(lambda: pacing.of_mailing(self.mailing, self.size, rate))
        if not number:
            self._nap(1 / rate)
        return number

    def _crowded(self) -> dict[str, float]:
        """The receiving domains that have got as much as they may, and for how many seconds."""
        rate = self.limits.per_second_and_domain
        return patiently(lambda: pacing.used_up(rate)) if rate else {}

    def _nap(self, seconds: float) -> None:
        time.sleep(min(max(seconds, 0.01), LONGEST_NAP))

    def _connected_again(self) -> Rest | None:
        """Connect where the connection was lost. Where that happens too often the run ends, in trouble."""
        if self.server.is_usable:
            return None
        self.server.close()
        if self.lost_in_a_row >= LOST_IN_A_ROW:
            return Rest(0.0, in_trouble=True)
        try:
            self.server = Connection.open()
        except Undelivered as failure:
            return _no_server(self.mailing, failure)
        return None

    def _work_off(self, claim: Claim, asked_at: float) -> None:
        """Hand over what was claimed while the claim is fresh and the server there; give the others back."""
        outcomes: list[Outcome] = []
        recipients = zip(claim.recipients, self._admitted(claim), strict=True)
        try:
            for recipient, is_admitted in recipients:
                if is_admitted and self._may_begin(asked_at):
                    outcomes.append(self._sent_to(recipient))
                else:
                    outcomes.append(Outcome(recipient.id, Recipient.State.WAITING))
        finally:  # whoever an error kept from their turn; the one it struck stays claimed
            outcomes += [Outcome(recipient.id, Recipient.State.WAITING) for recipient, _ in recipients]
            patiently(lambda: note(self.mailing, claim.number, outcomes))
        self._look_at_rates(outcomes)
        self._adapt(sum(outcome.was_begun for outcome in outcomes), time.monotonic() - asked_at)

    def _admitted(self, claim: Claim) -> list[bool]:
        """Whether each may be sent to now, at the rate of the receiving domains."""
        if not (rate := self.limits.per_second_and_domain):
            return [True] * len(claim.recipients)
        return patiently(lambda: pacing.of_domains([one.address for one in claim.recipients], rate))

    def _look_at_rates(self, outcomes: list[Outcome]) -> None:
        """Pause where too many are refused; looked at once a second at most, since it reads the whole mailing."""
        is_time = time.monotonic() - self.looked_at >= 1
        if is_time and any(outcome.bounce in rates.HARD for outcome in outcomes):
            self.looked_at = time.monotonic()
            self.is_paused = rates.pause_where_too_high(self.mailing.pk)

    def _may_begin(self, asked_at: float) -> bool:
        return self.server.is_usable and not self.is_paused and time.monotonic() - asked_at < STALE

    def _adapt(self, begun: int, seconds: float) -> None:
        """How many to claim next: what can be sent in half a second, at the rate just measured."""
        fitting = int(begun / seconds * WORK_OF_A_CLAIM) if begun else self.size * 2
        self.size = max(1, min(fitting, LARGEST))

    def _sent_to(self, recipient: Claimed) -> Outcome:
        """Hand over one message, and say what became of it."""
        try:
            message = self._message_to(recipient)
            sender = self.return_path.format(key=recipient.key.hex)
            reply = self.server.hand_over(sender, recipient.address, message, envelope_id=recipient.key.hex)
        except Undelivered as failure:
            self.lost_in_a_row += not self.server.is_usable
            return self._failed(recipient, failure)
        self.lost_in_a_row = 0
        return Outcome(recipient.id, Recipient.State.SENT, str(reply))

    def _message_to(self, recipient: Claimed) -> bytes:
        return self.message.to(
            Addressee(
                address=recipient.address,
                key=recipient.key,
                token=recipient.token,
                code=recipient.code,
                rests_on_consent=recipient.rests_on_consent,
                one_click=recipient.one_click,
                values=recipient.values,
            )
        )

    def _failed(self, recipient: Claimed, failure: Undelivered) -> Outcome:
        what = meaning(failure)
        if what == Meaning.OURS:
            self.is_paused = True
            steering.pause(self.mailing, because=failure.words)
            return Outcome(recipient.id, Recipient.State.WAITING, failure.words)
        if what == Meaning.UNCERTAIN:
            return Outcome(recipient.id, Recipient.State.UNCERTAIN, failure.words)
        if what == Meaning.RETRY and recipient.attempts < len(LADDER):
            return Outcome(recipient.id, Recipient.State.WAITING, failure.words, retry_in=later(recipient.attempts))
        return Outcome(
            recipient.id,
            Recipient.State.FAILED,
            failure.words,
            bounce=bounce(failure),
            address_hash=recipient.address_hash,
        )


def later(attempts: int) -> float:
    """Seconds to the next attempt after so many: a ladder, with jitter so that they do not come back all at once."""
    return LADDER[attempts] * random.uniform(0.75, 1.25)  # noqa: S311 - nothing secret


def patiently(action: Callable[[], Result]) -> Result:
    """Do something in the database, and again while it is away: it may be restarting. Only for what can be repeated."""
    give_up_at = time.monotonic() + PATIENCE
    while True:
        try:
            return action()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() > give_up_at:
                raise
            connection.close()
            time.sleep(0.5)


def _no_server(mailing: Mailing, failure: Undelivered) -> Rest:
    """The server is away, or does not want us at all; the recipients keep waiting."""
    logger.warning("Mail server: %s", failure)
    if meaning(failure) == Meaning.OURS:
        steering.pause(mailing, because=failure.words)
        return Rest(None)
    steering.note_trouble(mailing, failure.words)
    return Rest(0.0, in_trouble=True)
