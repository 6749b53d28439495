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

ENHANCED = re.compile(r"(?<![\d.])([45])\.([0-7])\.(\d{1,3})(?![\d.]*\d)")
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
DISTRUSTED = (
    r"spam|spamhaus|black ?list|block ?list|blocklisted|blocked|dnsbl|rbl|reputation|policy|spf|dkim|dmarc"
    r"|your (ip|host|server|domain)"
)
DISTRUST = re.compile(rf"\b({DISTRUSTED})\b", re.IGNORECASE)
ABOUT_US = re.compile(rf"\b({DISTRUSTED}|relay(ing)?|not authenticated|authentication|sender)\b", re.IGNORECASE)
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
    """What a refusal is about: by `status` (RFC 3463) and the codes in the text, else by the words.

    Where they disagree: whatever is about us is about us, and nobody is missing whom anything else explains.
    """
    codes = [(found[1], found[2], found[3]) for found in ENHANCED.finditer(f"{status} {text}")]
    by_code = [found for code in codes if (found := _by_code(*code))]
    if Bounce.POLICY in by_code or (by_code and ON_A_LIST.search(text)):
        return Bounce.POLICY
    if not by_code:
        return _by_words(text)
    milder = [found for found in by_code if found != Bounce.NO_SUCH_ADDRESS]
    return milder[0] if milder else _of_nobody(text)


def _of_nobody(text: str) -> Bounce:
    """What a code for "no such address" is about, which some servers give for everything."""
    if NOBODY_THERE.search(text):
        return Bounce.NO_SUCH_ADDRESS
    if DISTRUST.search(text):
        return Bounce.POLICY
    return Bounce.MAILBOX if FULL.search(text) else Bounce.NO_SUCH_ADDRESS


def _by_code(digit: str, subject: str, detail: str) -> Bounce | None:
    """What a code says; None where it says nothing, as x.0.0."""
    pair = f"{subject}.{detail}"
    if pair in OUR_SENDER:
        return Bounce.POLICY
    if pair in NO_SUCH_ADDRESS:
        return Bounce.NO_SUCH_ADDRESS if digit == "5" else Bounce.SYSTEM
    return Bounce.CONTENT if pair == "3.4" else BY_SUBJECT.get(subject)


def _by_words(text: str) -> Bounce:
    if ABOUT_US.search(text):
        return Bounce.POLICY
    if NOBODY_THERE.search(text):
        return Bounce.NO_SUCH_ADDRESS
    return Bounce.MAILBOX if FULL.search(text) else Bounce.OTHER
