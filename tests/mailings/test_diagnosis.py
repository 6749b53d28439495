import pytest

from mailings.diagnosis import Bounce, classify


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        ("5.1.1", "smtp; 550 5.1.1 user unknown", "no_such_address"),
        ("5.1.2", "", "no_such_address"),
        ("5.1.10", "", "no_such_address"),
        ("5.0.0", "smtp; 550-5.1.1 The email account that you tried to reach does not exist.", "no_such_address"),
        ("5.1.1", "User unknown in relay recipient table", "no_such_address"),
        ("", "550 No such user here", "no_such_address"),
        ("4.1.1", "unverified address", "system"),
        ("5.2.1", "mailbox disabled", "mailbox"),
        ("4.2.2", "over quota", "mailbox"),
        ("", "552 mailbox full", "mailbox"),
        ("5.3.2", "", "system"),
        ("4.4.7", "delivery time expired", "system"),
        ("5.3.4", "message too big", "content"),
        ("5.5.2", "", "content"),
        ("5.6.0", "", "content"),
        ("5.7.1", "user unknown", "policy"),
        ("5.7.515", "Access denied", "policy"),
        ("5.1.8", "sender's domain does not exist", "policy"),
        ("5.1.1", "rejected: your host is listed at zen.spamhaus.example", "policy"),
        ("", "554 rejected due to spam content", "policy"),
        ("", "550 user unknown, sent from blocked host", "policy"),
        ("5.0.0", "", "other"),
        ("", "550 requested action not taken", "other"),
        ("", "550 host 5.1.1.1 said no", "other"),
    ],
)
def test_what_a_refusal_is_about(status, text, expected):
    assert classify(text, status=status) == Bounce(expected)
