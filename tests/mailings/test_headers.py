import email
import email.policy
import re

import pytest
from django.core.exceptions import ValidationError

from mailings import headers
from mailings.delivery import deliver
from persons.models import Person
from tests.mailings.making import agree, persons, started


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("news@shop.example", "news@shop.example"),
        ("Shop <news@shop.example>", "news@shop.example"),
        ('"Shop, the" <news@shop.example>', "news@shop.example"),
        ("Blåbær <news@shop.example>", "news@shop.example"),
    ],
)
def test_one_mailbox_is_one_mailbox(written, address):
    assert headers.mailbox(written).addr_spec == address


@pytest.mark.parametrize(
    "written",
    [
        "",
        "news",
        "a@b.example, victim@d.example",
        '"a@b.example, victim@d.example"',
        "a@b.example victim@d.example",
        "Team: a@b.example, c@d.example;",
        "a@b.example\r\nBcc: victim@d.example",
        '"a b"@shop.example',
        "<@a.example:b@c.example>",
        "Shop <news@shop.example",
    ],
)
def test_anything_else_is_none(written):
    with pytest.raises(ValidationError):
        headers.mailbox(written)


@pytest.mark.parametrize("value", ["News\r\nBcc: victim@example.com", "News\nBcc: victim@example.com", "a\rb"])
def test_a_value_never_becomes_a_header_of_its_own(value):
    line = headers.line("Subject", value)

    assert line.count(b"\r\n") == 1
    assert line.endswith(b"\r\n")
    assert b"\n" not in line[:-2]


def test_a_long_subject_in_any_language_is_folded_and_stays_ascii():
    line = headers.line("Subject", "Høstens tilbud 🎉 " * 20)

    assert line.isascii()
    assert all(len(part) <= 78 for part in line.split(b"\r\n"))
    assert all(part.startswith(b" ") for part in line.split(b"\r\n")[1:-1])


@pytest.mark.parametrize(
    "address", ["a@b.example, c@d.example", "a@b.example\r\nX: y", '"a b"@c.example', "å@c.example"]
)
def test_to_names_one_plain_address(address):
    with pytest.raises(ValueError, match="plain ASCII"):
        headers.to_line(address)


# ---- as a mail server gets them

HOSTILE = [
    "=cmd|x",
    '"a@b.example, victim@d.example"',
    "Kari\r\nBcc: victim@d.example\r\n\r\nRead this",
    "Kari\nList-Unsubscribe: <https://evil.example/>",
    "🎉 Åse 🎉 " * 24,
    "\u202eשלום\u202c עולם",
]
ONCE = ["From", "To", "Date", "Message-ID", "Subject", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id"]


@pytest.fixture
def delivered(db, mail_server, settings):
    """To so many persons of hostile names, a mailing named and signed in the same way: recipient and message, raw."""
    settings.SITE_URL, server = "https://crm.shop.example", mail_server()
    many = persons(len(HOSTILE))
    for person, name in zip(many, HOSTILE, strict=True):
        Person.objects.filter(pk=person.pk).update(first_name=name, last_name=name[::-1])
    agree(*many)
    sender = '"=cmd|x, victim@d.example 🎉 שלום" <news@shop.example>'
    made = started(name=HOSTILE[2], subject="🎉 {{ first_name }}, {{ last_name }}: a@b.example", from_email=sender)
    deliver(made, seconds=20)
    return [(recipient, raw) for _, recipient, raw in server.accepted]


def test_what_a_mail_server_gets_keeps_to_the_standards_whatever_the_names(delivered):
    assert len(delivered) == len(HOSTILE)
    for recipient, raw in delivered:
        assert_lines_are_whole(raw)
        head = raw.partition(b"\r\n\r\n")[0]
        assert_headers_are_ours(email.message_from_bytes(head, policy=email.policy.default), recipient)
        assert_both_parts_have_the_link(email.message_from_bytes(raw, policy=email.policy.default))


def assert_lines_are_whole(raw):
    """RFC 5322 section 2.1.1 and 2.3."""
    lines = raw.split(b"\r\n")
    assert lines[-1] == b""
    assert not any(b"\r" in line or b"\n" in line or b"\0" in line for line in lines)
    assert all(len(line) <= 998 and line.isascii() for line in lines)


def assert_headers_are_ours(head, recipient):
    """RFC 5322 section 3.6, RFC 2369 section 3.2, RFC 8058 section 3.1, RFC 2919 section 3."""
    assert all(len(head.get_all(name)) == 1 for name in [*ONCE, "Feedback-ID"])
    assert {"Bcc", "Cc", "Sender"}.isdisjoint(head)
    assert [one.addr_spec for one in head["To"].addresses] == [recipient]
    assert [one.addr_spec for one in head["From"].addresses] == ["news@shop.example"]
    assert re.fullmatch(r"<https://crm\.shop\.example/u/[\w-]+/>(, <mailto:[^>]+>)?", head["List-Unsubscribe"])
    assert head["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert head["List-Id"] == "<news.bounces.shop.example>"
    assert re.fullmatch(r"\d+:emarketing:news:consentcrm", head["Feedback-ID"])
    assert re.fullmatch(r"<[0-9a-f]{32}@shop\.example>", head["Message-ID"])
    assert head["Date"].datetime.tzinfo


def assert_both_parts_have_the_link(message):
    text, html = message.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    link = message["List-Unsubscribe"].partition(">")[0].removeprefix("<")
    assert link in text.get_content()
    assert f'href="{link}"' in html.get_content()
    assert not [defect for part in message.walk() for defect in part.defects]
