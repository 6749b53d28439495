"""What a failed hand-over means: for the message, for the address, and for the mailing as a whole."""

from enum import Enum

from mailings.diagnosis import ENHANCED, Bounce, classify
from mailings.smtp import Phase, Undelivered


class Meaning(Enum):
    RETRY = "try this one again later"
    OURS = "it is about us: pause the mailing, leave the person alone"
    FAILED = "this message was refused for good"
    UNCERTAIN = "nobody knows whether it was accepted"


def meaning(failure: Undelivered) -> Meaning:
    """What the failure of one message means."""
    reply = failure.reply
    if reply is None or not 400 <= reply.code <= 599:  # no answer, or none that SMTP knows
        return Meaning.UNCERTAIN if failure.phase == Phase.DOT else Meaning.RETRY
    if reply.code < 500:
        return Meaning.RETRY
    if failure.phase <= Phase.SENDER or bounce(failure) == Bounce.POLICY:
        return Meaning.OURS
    return Meaning.FAILED


def bounce(failure: Undelivered) -> Bounce | None:
    """What a refusal is about; None where nobody answered. Only where the recipient is refused is nobody there."""
    if failure.reply is None:
        return None
    reply = failure.reply
    found = classify(reply.text)
    is_told = failure.phase == Phase.RECIPIENT and (reply.code in (550, 553) or ENHANCED.search(reply.text))
    return found if found != Bounce.NO_SUCH_ADDRESS or is_told else Bounce.OTHER
