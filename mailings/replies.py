"""What a failed hand-over means: for the message, for the address, and for the mailing as a whole.

By RFC 3463, not by the first digit (docs: deliverability): many permanent refusals are about the sender.
"""

import re
from enum import Enum

from mailings.smtp import Phase, Undelivered


class Meaning(Enum):
    RETRY = "try this one again later"
    OURS = "it is about us: pause the mailing, leave the person alone"
    NO_SUCH_ADDRESS = "nobody is there, now or later"
    FAILED = "this message was refused for good"
    UNCERTAIN = "nobody knows whether it was accepted"


ENHANCED = re.compile(r"^([245])\.(\d{1,3})\.(\d{1,3})\b")
NO_SUCH_ADDRESS = {"1.1", "1.2", "1.3", "1.6", "1.10"}
OUR_SENDER = {"1.7", "1.8"}  # the address that was refused is the one it comes from

# Servers without enhanced codes say it in words. Only words that can mean nothing else; the sender's faults first.
ABOUT_US = re.compile(
    r"\b(spam|spamhaus|black ?list|block ?list|blocklisted|blocked|dnsbl|rbl|reputation|policy|spf|dkim|dmarc"
    r"|relay(ing)?|not authenticated|authentication|sender|your (ip|host|server|domain))\b",
    re.IGNORECASE,
)
NOBODY_THERE = re.compile(
    r"\b(no such (user|person|mailbox|recipient|address|account)"
    r"|unknown (user|recipient|mailbox|address|account)|(user|recipient|mailbox|address|account)( is)? unknown"
    r"|(user|recipient|mailbox|address|account)\b.{0,60}\b(doesn't exist|does not exist|not found|no longer exists)"
    r"|user doesn't have an? .{0,40}account|not a valid (mailbox|recipient|user))\b",
    re.IGNORECASE,
)


def meaning(failure: Undelivered) -> Meaning:
    """What the failure of one message means."""
    reply = failure.reply
    if reply is None or not 400 <= reply.code <= 599:  # no answer, or none that SMTP knows
        return Meaning.UNCERTAIN if failure.phase == Phase.DOT else Meaning.RETRY
    if reply.code < 500:
        return Meaning.RETRY
    if failure.phase <= Phase.SENDER:
        return Meaning.OURS
    return _permanent(failure.phase, reply.text, reply.code)


def _permanent(phase: Phase, text: str, code: int) -> Meaning:
    if enhanced := ENHANCED.match(text):
        subject, detail = enhanced[2], f"{enhanced[2]}.{enhanced[3]}"
        if subject == "7" or detail in OUR_SENDER:
            return Meaning.OURS
        is_nobody = detail in NO_SUCH_ADDRESS
    elif ABOUT_US.search(text):
        return Meaning.OURS
    else:
        is_nobody = code in (550, 553) and bool(NOBODY_THERE.search(text))
    return Meaning.NO_SUCH_ADDRESS if is_nobody and phase == Phase.RECIPIENT else Meaning.FAILED
