"""What mail servers and providers send back, each in its own manner."""

from base64 import b64encode

import pytest

from mailings.diagnosis import Bounce
from mailings.incoming import read
from mailings.models import Report

KEY = "0123456789abcdef" * 2
PATH = f"b+{KEY}@bounces.shop.example"
BOUNCE, COMPLAINT, OPT_OUT, OTHER = Report.Kind

NOBODY, FULL, SYSTEM, CONTENT, POLICY, UNKNOWN = Bounce


def report(
    fields, *, kind="delivery-status", type_="message/delivery-status", head="", encoding="", returned="", end="--b--\n"
):
    """A multipart/report with these fields; `returned` is the part of the message that came back."""
    returned = returned or f"Content-Type: text/rfc822-headers\n\nMessage-ID: <{KEY}@shop.example>\nSubject: News\n"
    return (
        f"From: MAILER-DAEMON@mx.example.net (Mail Delivery System)\n{head}Subject: Undelivered\nMessage-ID: <1@mx>\n"
        f'MIME-Version: 1.0\nContent-Type: multipart/report; report-type={kind}; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nI am sorry. The sender is told so.\n\n"
        f"--b\nContent-Type: {type_}\n{encoding}\n{fields}\n\n--b\n{returned}\n{end}"
    ).encode("latin-1")


def words(text, **head):
    head = {"From": "MAILER-DAEMON@mx.example.net", "To": PATH, "Message-ID": "<2@mx>"} | head
    return "".join(f"{name}: {value}\n" for name, value in head.items()).encode() + b"\n" + text.encode()


def fields(status, diagnostic, *, action="failed", address="kari@example.com"):
    return (
        f"Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; {address}\nAction: {action}\n"
        f"Status: {status}\nDiagnostic-Code: smtp; {diagnostic}"
    )


COPY = (
    f"\nReturn-Path: <{PATH}>\nMessage-ID: <{KEY}@shop.example>\n\nThis is spam? No: our policy is to ask the sender.\n"
)
BY_REPORT = {
    "postfix": (
        fields("5.1.1", "550 5.1.1 <kari@example.com>: Recipient address rejected: User unknown in relay table"),
        NOBODY,
    ),
    "postfix, expired": (fields("4.4.1", "connect to mx.example.net[192.0.2.1]:25: Connection timed out"), SYSTEM),
    "exim, no code in the status": (
        fields("5.0.0", "550-5.1.1 The account does not exist\n 550 5.1.1 try again"),
        NOBODY,
    ),
    "gmail, full and expired": (fields("4.2.2", "452-4.2.2 The recipient's inbox is out of storage space"), FULL),
    "gmail, rate": (fields("4.7.28", "421-4.7.28 Gmail has detected an unusual rate of mail"), POLICY),
    "exchange, no such": (
        fields("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by SMTP address lookup"),
        NOBODY,
    ),
    "exchange, loop": (fields("5.4.14", "554 5.4.14 Hop count exceeded - possible mail loop ATTR34"), SYSTEM),
    "exchange, not allowed": (fields("5.7.1", "550 5.7.1 RESOLVER.RST.AuthRequired; authentication required"), POLICY),
    "exchange, size": (fields("5.3.4", "554 5.3.4 message size exceeds fixed maximum"), CONTENT),
    "code and words disagree, full": (fields("5.1.1", "550 5.1.1 mailbox full"), FULL),
    "code and words disagree, code": (fields("5.1.1", "552 5.2.2 over quota"), FULL),
    "code and words disagree, policy": (fields("5.1.1", "550 5.7.1 rejected"), POLICY),
    "code and words disagree, reputation": (fields("5.1.1", "550 rejected for poor reputation"), POLICY),
    "a version is no code": (fields("5.0.0", "(Exim 4.94.2) 550 5.1.1 no such user"), NOBODY),
    "an address is no code": (fields("5.0.0", "host 4.2.2.1 said: 550 no such user"), NOBODY),
    "lotus, no diagnosis": (
        "Reporting-MTA: dns;domino\n\nFinal-Recipient: rfc822;k@example.com\nAction: failed\nStatus: 5.1.1",
        NOBODY,
    ),
    "no blank line": (
        "Reporting-MTA: dns; mx\nFinal-Recipient: rfc822; k@example.com\nAction: failed\nStatus: 5.1.1",
        NOBODY,
    ),
    "no action": (
        "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; k@example.com\nStatus: 5.1.1 (no such user)",
        NOBODY,
    ),
    "capitals and a remark": (fields("5.2.1", "550 disabled", action="FAILED (permanent)"), FULL),
    "not utf-8": (fields("5.1.1", "550 5.1.1 Empf\xe4nger unbekannt"), NOBODY),
    "one of two": (f"{fields('2.0.0', '250 ok', action='delivered')}\n\nAction: failed\nStatus: 5.1.1", NOBODY),
    "delayed": (fields("4.4.1", "451 4.4.1 try later", action="delayed"), None),
    "relayed": (fields("2.0.0", "250 passed on", action="relayed"), None),
}


@pytest.mark.parametrize("manner", BY_REPORT)
def test_a_report_says_what_came_back_and_why(manner):
    written, bounce = BY_REPORT[manner]

    told = read(report(written))

    assert (told.kind, told.bounce) == ((BOUNCE, bounce) if bounce else (None, None))
    assert bounce is None or told.keys == (KEY,)


def nested():
    """A report that somebody has handed on as an attachment, whole."""
    inner = report(fields("5.1.1", "550 5.1.1 unknown"), head=f"To: {PATH}\n").decode()
    head = 'From: post@example.com\nMessage-ID: <4@x>\nContent-Type: multipart/mixed; boundary="o"\n\n'
    return f"{head}--o\nContent-Type: message/rfc822\n\n{inner}\n--o--\n".encode()


STATUS = fields("5.1.1", "550 5.1.1 unknown")
WHOLE = f"Content-Type: message/rfc822\n\nMessage-ID: <{KEY}@shop.example>\n\nHello\n"
IN_OTHER_FORMS = {
    "in base64": report(b64encode(STATUS.encode()).decode(), encoding="Content-Transfer-Encoding: base64\n"),
    "of RFC 6533": report(STATUS.replace("rfc822", "utf-8"), type_="message/global-delivery-status"),
    "with the whole message": report(STATUS, returned=WHOLE),
    "cut off": report(STATUS, head=f"To: {PATH}\n", returned="Content-Type: message/rfc", end=""),
    "handed on": nested(),
    "qmail": words(
        "Hi. This is the qmail-send program.\n\n<kari@example.com>:\nSorry, no mailbox here by that name."
        f" (#5.1.1)\n\n--- Below this line is a copy of the message.\n{COPY}"
    ),
    "qmail without a path of its own": words(
        f"<kari@example.com>:\nThis user doesn't have a yahoo.com account\n\n--- Original message follows.\n{COPY}",
        To="bounces@shop.example",
    ),
    "old exim": words(
        "It could not be delivered:\n\n  kari@example.com\n    Unknown user\n\n------ This is a copy of the message,"
        f" including all the headers. ------\n{COPY}",
        **{"From": "Mail Delivery System <Mailer-Daemon@mx.example.net>", "X-Failed-Recipients": "kari@example.com"},
    ),
    "old sendmail": words(
        f"550 5.1.1 <kari@example.com>... User unknown\n\n   ----- Original message -----\n{COPY}",
        **{"From": "Mail Delivery Subsystem <postmaster@mx.example.net>", "Return-Path": "<>"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", IN_OTHER_FORMS)
def test_nobody_there_is_understood_in_any_form(form):
    told = read(IN_OTHER_FORMS[form])

    assert (told.kind, told.bounce, told.keys[:1]) == (BOUNCE, NOBODY, (KEY,))


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (
            words(
                "I am away. The user is unknown here.", **{"From": "k@example.com", "X-Auto-Response-Suppress": "All"}
            ),
            None,
        ),
        (words("I am away. No such user.", **{"From": "k@example.com", "Auto-Submitted": "auto-replied"}), None),
        (words("I no longer work here: no such user.", **{"From": "k@example.com", "Return-Path": "<>"}), OTHER),
        (words("Please confirm that you are human: user unknown.", From="tmda@example.com"), OTHER),
    ],
    ids=["exchange, away", "vacation", "from nobody", "challenge"],
)
def test_replies_are_no_bounces(raw, kind):
    assert read(raw).kind == kind


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        (
            "Feedback-Type: abuse\nUser-Agent: Yahoo!-Mail-Feedback/2.0\nOriginal-Rcpt-To: kari@example.com",
            COMPLAINT,
        ),
        ("FEEDBACK-TYPE: Abuse\nVersion: 1", COMPLAINT),
        ("Feedback-Type: opt-out\nVersion: 1", OPT_OUT),
        ("Feedback-Type: auth-failure\nVersion: 1", OTHER),
        ("Version: 1", OTHER),
    ],
)
def test_feedback_reports(written, kind):
    told = read(report(written, kind="feedback-report", type_="message/feedback-report", returned=WHOLE))

    assert (told.kind, told.keys) == (kind, (KEY,))
