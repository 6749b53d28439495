"""Reading messages that come back: what they report, and about which message of ours.

Bounces (RFC 3464), complaints (RFC 5965), and what neither says. Nothing here touches the database, and nothing that
strangers may write makes it fail: size, number of parts and depth are limited.
"""

import email
import hashlib
import re
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from itertools import islice

from mailings.diagnosis import Bounce, classify
from mailings.models import Report

LARGEST = 1_000_000  # bytes of a message that are read; reports come before the message they are about
PARTS = 50
WORDS = 1_000

KEY = re.compile(r"\+([0-9a-f]{32})@", re.IGNORECASE)  # of the return path
TOKEN = re.compile(r"\+([\w-]{32})@", re.ASCII)  # of the address in List-Unsubscribe
MESSAGE_ID = re.compile(r"<([0-9a-f]{32})@", re.IGNORECASE)
ENVELOPE_ID = re.compile(r"\b([0-9a-f]{32})\b", re.IGNORECASE)
DELIVERED_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
COPY = re.compile(r"(?im)^[ >*-]*(below this line is a copy|this is a copy of|original message|returned message).*$")
SERVERS = re.compile(r"\b(mailer[-_. ]?daemon|mail[-_. ]?daemon|postmaster)\b", re.IGNORECASE)
COMPLAINTS = {"abuse": Report.Kind.COMPLAINT, "fraud": Report.Kind.COMPLAINT, "opt-out": Report.Kind.OPT_OUT}


@dataclass(frozen=True)
class Told:
    """What was reported. `kind` None: nothing that anything follows from.

    `keys` name the message it is about, the surest first; `address` whom it went to, where that is all there is;
    `token` the link of a message, of whoever leaves by mail.
    """

    id: str
    kind: Report.Kind | None
    keys: tuple[str, ...] = ()
    bounce: Bounce | None = None
    words: str = ""
    address: str = ""
    token: str = ""


def read(raw: bytes, *, to: str = "") -> Told:
    """What a message reports. `to`: the address it was delivered to, where the mail server says so."""
    id_ = hashlib.sha256(raw).hexdigest()
    try:
        message = email.message_from_bytes(raw[:LARGEST])
        parts = list(islice(message.walk(), PARTS))
        if own_id := _text(message, "Message-ID"):
            id_ = hashlib.sha256(own_id.encode(errors="replace")).hexdigest()  # its sender's name may stand in it
        return _told(id_, message, parts, to)
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError):  # the parser's own, on broken messages
        return Told(id_, Report.Kind.OTHER)


def _told(id_: str, message: Message, parts: list[Message], to: str) -> Told:
    by_type = {part.get_content_type(): part for part in reversed(parts)}
    headers = _returned(by_type)
    paths = [to, *(_text(part, name) for part in parts for name in DELIVERED_TO if name in part)]
    if status := by_type.get("message/delivery-status") or by_type.get("message/global-delivery-status"):
        return _bounce(id_, _blocks(status), paths, headers)
    if report := by_type.get("message/feedback-report"):
        return _complaint(id_, next(iter(_blocks(report)), Message()), paths, headers)
    if _is_reply(message):
        return Told(id_, None)
    if token := _token([to, *(_text(message, name) for name in DELIVERED_TO)]):
        return Told(id_, None if _is_from_no_person(message) else Report.Kind.OPT_OUT, token=token)
    if _is_from_a_server(message):
        return _bounce_in_words(id_, message, by_type, paths, headers)
    return Told(id_, Report.Kind.OTHER)  # a letter: what somebody writes is not kept


def _bounce(id_: str, fields: list[Message], paths: list[str], headers: Message) -> Told:
    failed = [one for one in fields if _has_failed(one)]
    if not failed:
        return Told(id_, None)  # delayed, delivered, passed on
    status, words = _text(failed[0], "Status"), _text(failed[0], "Diagnostic-Code").partition(";")[2].strip()
    envelope_id = _text(fields[0], "Original-Envelope-Id")
    address = _address(failed[0], "Original-Recipient") or _address(failed[0], "Final-Recipient")
    keys = _keys(paths, envelope_id, headers)
    return Told(id_, Report.Kind.BOUNCE, keys, classify(words, status=status), words or status, address)


def _has_failed(fields: Message) -> bool:
    """Of one recipient. Some servers leave the action out, which RFC 3464 section 2.3.3 demands."""
    action = _text(fields, "Action").lower()
    return action.startswith("failed") or (not action and _text(fields, "Status").startswith("5"))


def _bounce_in_words(
    id_: str, message: Message, by_type: dict[str, Message], paths: list[str], headers: Message
) -> Told:
    """As qmail and old servers write it: what happened, and then a copy of the message."""
    text = _payload(by_type["text/plain"]) if "text/plain" in by_type else ""
    before, *_copy = COPY.split(text, maxsplit=1)
    words = " ".join(before.split())[:WORDS]
    keys = _keys(paths, "", headers) or tuple(found.lower() for found in MESSAGE_ID.findall(text)[:1])
    address = _text(message, "X-Failed-Recipients").split(",")[0].strip()
    return Told(id_, Report.Kind.BOUNCE, keys, classify(words), words, address)


def _complaint(id_: str, fields: Message, paths: list[str], headers: Message) -> Told:
    feedback = _text(fields, "Feedback-Type").lower()
    keys = _keys([*paths, _text(fields, "Original-Mail-From")], _text(fields, "Original-Envelope-Id"), headers)
    return Told(id_, COMPLAINTS.get(feedback, Report.Kind.OTHER), keys, words=feedback)


def _keys(paths: list[str], envelope_id: str, headers: Message) -> tuple[str, ...]:
    """The keys of our messages that a report names, the surest first: return path, envelope, returned headers."""
    found = [KEY.search(path) for path in paths]
    found.append(ENVELOPE_ID.search(envelope_id))
    found.append(MESSAGE_ID.search(_text(headers, "Message-ID")))
    found.append(KEY.search(_text(headers, "Return-Path")))
    return tuple(dict.fromkeys(one[1].lower() for one in found if one))


def _returned(by_type: dict[str, Message]) -> Message:
    """The headers of the message that came back."""
    if whole := by_type.get("message/rfc822"):
        return next(iter(_fields(whole)), Message())
    if headers := by_type.get("text/rfc822-headers"):
        return HeaderParser().parsestr(_payload(headers))
    return Message()


def _fields(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _blocks(part: Message) -> list[Message]:
    """The blocks of fields in a report. The parser divides what is neither encoded nor of RFC 6533; we the rest."""
    blocks = _fields(part)
    if part.get_content_type() == "message/delivery-status" and "Content-Transfer-Encoding" not in part:
        return blocks
    text = "\n\n".join(one.as_string() for one in blocks)
    encoding = _text(part, "Content-Transfer-Encoding").lower()
    if encoding in ("base64", "quoted-printable"):
        encoded = Message()
        encoded["Content-Transfer-Encoding"] = encoding
        encoded.set_payload(text)
        text = _payload(encoded)
    return [HeaderParser().parsestr(block) for block in re.split(r"\n\s*\n", text) if block.strip()]


def _is_reply(message: Message) -> bool:
    """Somebody is away, or a program says that it has got our message (RFC 3834)."""
    is_automatic = _text(message, "Auto-Submitted").lower().startswith("auto-replied")
    return is_automatic or any(name in message for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress"))


def _is_from_a_server(message: Message) -> bool:
    """A bounce in words alone, as old servers send it: from the mailer itself. Also replies come from nobody."""
    return bool(SERVERS.search(_text(message, "From"))) or "X-Failed-Recipients" in message


def _is_from_no_person(message: Message) -> bool:
    """From a list or a program, which can be no wish of anybody (RFC 3834): so that no loop begins."""
    is_bulk = _text(message, "Precedence").lower() in ("bulk", "list", "junk")
    is_from_nobody = _text(message, "Return-Path") == "<>" or "mailer-daemon@" in _text(message, "From").lower()
    return is_bulk or is_from_nobody or any(name.lower().startswith("list-") for name in message)


def _token(paths: list[str]) -> str:
    return next((found[1] for path in paths if (found := TOKEN.search(path)) and not KEY.search(path)), "")


def _payload(part: Message) -> str:
    content = part.get_payload(decode=True)
    return content.decode("utf-8", "replace").replace("\x00", "") if isinstance(content, bytes) else ""


def _address(fields: Message, name: str) -> str:
    return _text(fields, name).partition(";")[2].strip().strip("<>")


def _text(fields: Message, name: str) -> str:
    return " ".join(str(fields.get(name, "")).replace("\x00", "").split())[:WORDS]
