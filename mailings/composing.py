"""A mailing as messages: read, cleaned and put together once, then filled per recipient.

An `EmailMessage` per recipient would cost ten times the sending. So what is the same for everybody is made once, and
the rest is put into the decoded text before each part is turned into base64: never into something encoded already.
"""

import base64
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cached_property, lru_cache
from html import escape
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from mailings import headers, merge_fields, tracking
from mailings.cleaning import as_text, clean
from mailings.merge_fields import Text, sign
from mailings.models import Mailing, SendingSettings
from persons.verdict import Code, Kind

FEEDBACK_SENDER = "consentcrm"  # SenderId of the Feedback-ID: 5 to 15 characters, the same for ever
ONE_CLICK = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"  # RFC 8058 section 3.1, byte for byte
WIDTH = "max-width:640px;margin:0 auto"
FONT = "font-family:Arial,Helvetica,sans-serif"
FOOTER_STYLE = f"margin-top:32px;{FONT};font-size:13px;line-height:1.5;color:#5a5f66"
PREHEADER_STYLE = f"{FONT};font-size:13px;color:#5a5f66"

BUTTON_STYLE = "display:inline-block;margin:0 8px 8px 0;padding:10px 18px;border-radius:6px;text-decoration:none"
YES_STYLE = f"{BUTTON_STYLE};background-color:#0b6a5b;color:#ffffff"
NO_STYLE = f"{BUTTON_STYLE};border:1px solid #5a5f66;color:#1c1f1d"

# How a body looks that was written here; HTML source brings its own looks.
WRITTEN_STYLE = f"""<style>
div.written {{{FONT};font-size:16px;line-height:1.5;color:#1c1f1d}}
.written p, .written ul, .written ol, .written blockquote {{margin:0 0 16px}}
.written h1 {{margin:0 0 16px;font-size:26px;line-height:1.25}}
.written h2 {{margin:24px 0 8px;font-size:20px;line-height:1.25}}
.written h3 {{margin:24px 0 8px;font-size:16px;line-height:1.25}}
.written li p {{margin:0}}
.written a {{color:#0b6a5b}}
.written blockquote {{padding-left:16px;border-left:3px solid #d5d8d3}}
.written hr {{margin:24px 0;border:0;border-top:1px solid #d5d8d3}}
.written img {{display:block;max-width:100%;height:auto;margin:0 0 16px}}
</style>"""


class Addressee(NamedTuple):
    """What is particular to one message. `one_click`: the message carries List-Unsubscribe (rules 5.3)."""

    address: str
    key: UUID
    token: str
    code: str
    rests_on_consent: bool
    one_click: bool
    values: dict[str, str]


@dataclass(frozen=True)
class Message:
    """A mailing, ready to be filled. Made by `compose`."""

    top: bytes
    subject: Text
    text: Text
    html: Text
    boundary: bytes
    domain: str
    unsubscribing: str
    unsubscribing_by_mail: str
    preferences: str
    viewing: str
    answering: str
    reasons: dict[str, str]

    def to(self, addressee: Addressee) -> bytes:
        """The whole message as it goes over the line: CRLF, and no line that begins with a dot."""
        url = self.unsubscribing.replace("TOKEN", addressee.token)
        values = {name: merge_fields.plain(value) for name, value in addressee.values.items()}
        values |= {
            "unsubscribe_url": url,
            "preferences_url": self.preferences.replace("TOKEN", addressee.token),
            "answer_url": self.answering.replace("TOKEN", addressee.token),
            "view_url": self.viewing.replace("TOKEN", addressee.token),
            "reason": self.reasons[reason(addressee)],
        }
        return b"".join([
            self.top,
            headers.to_line(addressee.address),
            _subject(self.subject.fill(values)),
            b"Date: %s\r\n" % format_datetime(datetime.now(UTC)).encode(),
            b"Message-ID: <%s@%s>\r\n" % (addressee.key.hex.encode(), self.domain.encode()),
            self._ways_out(url, addressee.token) if addressee.one_click else b"",
            *self._part(b"plain", self.text.fill(values)),
            *self._part(b"html", self.html.fill(merge_fields.escaped(values))),
            b"--%s--\r\n" % self.boundary,
        ])  # fmt: skip

    def _ways_out(self, url: str, token: str) -> bytes:
        """For mail programs (RFC 2369 section 3.2, RFC 8058 section 3.1): by https, and by mail where it is read."""
        by_mail = f",\r\n <{self.unsubscribing_by_mail.format(token=token)}>" if self.unsubscribing_by_mail else ""
        return b"List-Unsubscribe: <%s>%s\r\n%s" % (url.encode(), by_mail.encode(), ONE_CLICK)

    def _part(self, kind: bytes, content: str) -> tuple[bytes, ...]:
        encoded = base64.encodebytes(content.encode().replace(b"\n", b"\r\n")).replace(b"\n", b"\r\n")
        return self._openings[kind], encoded

    @cached_property
    def _openings(self) -> dict[bytes, bytes]:
        opening = b"--%s\r\nContent-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        first = b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="%s"\r\n\r\n' % self.boundary
        openings = {kind: opening % (self.boundary, kind) for kind in (b"plain", b"html")}
        return openings | {b"plain": first + openings[b"plain"]}


@lru_cache(maxsize=4096)
def _subject(text: str) -> bytes:
    """Most mailings have one subject, and folding it takes longer than sending."""
    return headers.line("Subject", text)


def compose(mailing: Mailing) -> Message:
    """Read a mailing. Raises ValidationError for what cannot be sent."""
    sender = headers.mailbox(mailing.from_email or settings.DEFAULT_FROM_EMAIL)
    body = tracking.in_place(mailing, cleaned(mailing))
    subject, preheader = merge_fields.read(mailing.subject), merge_fields.read(mailing.preheader)
    with translation.override(mailing.language):
        question = _question() if mailing.asks_again and mailing.kind == Kind.MARKETING else ""
        return Message(
            top=_top(mailing, str(sender)),
            subject=Text.of(subject),
            text=Text.of(_text(body + question, preheader)),
            html=Text.of(_html(body + question, preheader, subject, mailing.language)),
            boundary=b"=_" + secrets.token_hex(16).encode(),
            domain=sender.domain.encode("idna").decode(),
            unsubscribing=_link("unsubscribe"),
            unsubscribing_by_mail=_by_mail(),
            preferences=_link("preferences"),
            viewing=_link("view_in_browser"),
            answering=_link("asked_again"),
            reasons=_reasons(mailing),
        )


def cleaned(mailing: Mailing) -> str:
    """The body as it is sent, with signs for merge fields. Raises ValidationError for what cannot be sent."""
    merge_fields.known_in_html(mailing.body)
    body = clean(merge_fields.read(mailing.body))
    if not body:
        raise ValidationError(gettext("The message is empty."), code="empty")
    if mailing.body_kind == Mailing.BodyKind.SOURCE:
        return body
    return clean(f'{WRITTEN_STYLE}<div class="written">{body}</div>')


def _question() -> str:
    """The buttons of a mailing that asks again. Both lead to the page where the answer is given."""
    buttons = {gettext("Yes, keep writing to me"): YES_STYLE, gettext("No, stop"): NO_STYLE}
    links = "\n".join(
        f'<a href="{sign("answer_url")}" style="{style}">{escape(label)}</a>' for label, style in buttons.items()
    )
    return f'\n<p style="{FONT};margin-top:24px">\n{links}</p>\n'


def _link(route: str) -> str:
    return settings.SITE_URL.rstrip("/") + reverse(route, args=["TOKEN"])


def _by_mail() -> str:
    address = SendingSettings.current().unsubscribing
    return f"mailto:{address}?subject=unsubscribe" if address else ""


def reason(addressee: Addressee) -> str:
    """Which of `_reasons` the message gives."""
    if addressee.code == Code.SUBSCRIPTION:
        return "subscription"
    if addressee.code == Code.CONSENT:
        return "consent" if addressee.rests_on_consent else "interest"
    return "other"


def _reasons(mailing: Mailing) -> dict[str, str]:
    """The line "You receive this because …", by what let the person in."""
    if mailing.kind == Kind.SERVICE:
        purpose = str(mailing.purpose)
        why = gettext("You receive this because of what we do for you: {purpose}.").format(purpose=purpose)
        said = gettext("You receive this because you agreed to it: {purpose}.").format(purpose=purpose)
        return {"consent": said, "interest": why, "subscription": why, "other": why}
    kind = gettext("You receive this because you subscribe to {type}.").format(type=mailing.type)
    return {
        "consent": gettext("You receive this because you agreed to e-mail marketing from us."),
        "interest": gettext("You receive this because you are a customer of ours."),
        "subscription": kind if mailing.type else gettext("You receive this because you subscribe to our mailings."),
        "other": gettext("You receive this because we have been in contact with you."),
    }


def _top(mailing: Mailing, sender: str) -> bytes:
    """The headers that are the same in every message of the mailing."""
    lines = [
        headers.line("From", sender),
        headers.line("Reply-To", mailing.reply_to or sender),
        headers.line("Feedback-ID", _feedback_id(mailing)),
    ]
    if mailing.kind == Kind.MARKETING:
        lines.append(_list_id(mailing))
    return b"".join(lines)


def _feedback_id(mailing: Mailing) -> str:
    """Groups complaints at the provider: by mailing, purpose and type, never by person."""
    return f"{mailing.pk}:{mailing.purpose_id or 'EMARKETING'}:{mailing.type_id or 'NONE'}:{FEEDBACK_SENDER}".lower()


def _list_id(mailing: Mailing) -> bytes:
    """RFC 2919: one per subscription type, the same for ever."""
    label = (mailing.type_id or "EMARKETING").lower().replace("_", "-")
    return b"List-Id: <%s.%s>\r\n" % (label.encode(), settings.BOUNCE_DOMAIN.encode("idna"))


def _text(body: str, preheader: str) -> str:
    links = "\n".join(f"{label}: {sign(url)}" for url, label in _ways().items())
    footer = "\n".join(filter(None, ["-- ", sign("reason"), links, _postal_address()])) + "\n"
    return "\n\n".join(filter(None, [preheader, as_text(body), footer]))


def _postal_address() -> str:
    """Who we are on paper, in one line."""
    return " · ".join(line.strip() for line in SendingSettings.current().postal_address.splitlines() if line.strip())


def _ways() -> dict[str, str]:
    """Where the links at the end of each message lead, and what they are called."""
    return {
        "unsubscribe_url": gettext("Unsubscribe"),
        "preferences_url": gettext("Change what you receive"),
        "view_url": gettext("View in browser"),
    }


def _html(body: str, preheader: str, subject: str, language: str) -> str:
    """The body in a page of its own. The preheader is shown: hidden text counts against the sender."""
    intro = f'<p style="{PREHEADER_STYLE}">{escape(preheader)}</p>\n' if preheader else ""
    address = f"<br>\n{escape(postal)}" if (postal := _postal_address()) else ""
    links = " ·\n".join(f'<a href="{sign(url)}">{escape(label)}</a>' for url, label in _ways().items())
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(subject)}</title>\n</head>\n<body>\n"
        f'<div style="{WIDTH}">\n{intro}{body}\n'
        f'<p style="{FOOTER_STYLE}">{sign("reason")}<br>\n{links}{address}</p>\n</div>\n</body>\n</html>\n'
    )
