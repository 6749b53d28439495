"""What a refusal is about: the address, the mailbox, the other system, our message, or us.

By the codes of RFC 3463, not by the first digit; by words where a server gives no code (docs: deliverability 4).
"""

import re

from django.db import models
from django.utils.translation import gettext_lazy as _


class Bounce(models.TextChoices):
    NO_SUCH_ADDRESS = "no_such_address", _("No such address")
    MAILBOX = "mailbox", _("Mailbox closed or full")
    SYSTEM = "system", _("The other mail system or the way to it")
    CONTENT = "content", _("Our message: form, content or size")
    POLICY = "policy", _("Our sending: policy, reputation or sign-in")
    OTHER = "other", _("No reason given that we know")


COUNTED = (Bounce.MAILBOX, Bounce.SYSTEM)  # five mailings of these in a row block an address (rules 3, row 4)

ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
NO_SUCH_ADDRESS = {"1.1", "1.2", "1.3", "1.6", "1.10"}
OUR_SENDER = {"1.7", "1.8"}  # the address that was refused is the one it comes from
BY_SUBJECT = {
    "2": Bounce.MAILBOX,
    "3": Bounce.SYSTEM,
    "4": Bounce.SYSTEM,
    "5": Bounce.CONTENT,
    "6": Bounce.CONTENT,
    "7": Bounce.POLICY,
}

# Servers without enhanced codes say it in words. Only words that can mean nothing else; the sender's faults first.
ON_A_LIST = re.compile(r"\b(spamhaus|black ?list(ed)?|block ?list(ed)?|dnsbl|rbl|dmarc|dkim|spf)\b", re.IGNORECASE)
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
FULL = re.compile(
    r"\b(mailbox|inbox|quota|user) (is |has )?(\w+ )?(full|exceeded)|\b(over|exceeded) (the )?quota\b", re.I
)


def classify(text: str, *, status: str = "") -> Bounce:
    """What a refusal is about: by `status` (RFC 3463), else by the code in the text, else by the words."""
    code = _code(status, text)
    if code is None:
        return _by_words(text)
    digit, subject, detail = code
    pair = f"{subject}.{detail}"
    if pair in OUR_SENDER or ON_A_LIST.search(text):
        return Bounce.POLICY
    if pair in NO_SUCH_ADDRESS:
        return Bounce.NO_SUCH_ADDRESS if digit == "5" else Bounce.SYSTEM
    if pair == "3.4":
        return Bounce.CONTENT
    return BY_SUBJECT.get(subject) or _by_words(text)


def _code(status: str, text: str) -> tuple[str, str, str] | None:
    """The code that says most: x.0.0 says nothing where the text has a better one."""
    found = [one for one in (ENHANCED.search(status), ENHANCED.search(text)) if one]
    telling = [one for one in found if one[2] != "0"]
    return next(((one[1], one[2], one[3]) for one in [*telling, *found]), None)


def _by_words(text: str) -> Bounce:
    if ABOUT_US.search(text):
        return Bounce.POLICY
    if NOBODY_THERE.search(text):
        return Bounce.NO_SUCH_ADDRESS
    return Bounce.MAILBOX if FULL.search(text) else Bounce.OTHER
