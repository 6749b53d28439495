import pytest
from django.core.exceptions import ValidationError

from mailings import headers


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
