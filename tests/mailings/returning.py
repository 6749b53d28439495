"""Messages that come back, as mail servers write them."""

DSN = """\
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-ID: <{id}@mx.example.net>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

Your message could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
{envelope}Arrival-Date: Mon, 2 Nov 2026 10:00:00 +0100

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {words}

--b1
Content-Type: text/rfc822-headers

Message-ID: <{returned}>
Subject: News

--b1--
"""

ARF = """\
From: Feedback <feedback@provider.example>
To: fbl@mail.example.com
Subject: Complaint
Message-ID: <{id}@provider.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b2"

--b2
Content-Type: text/plain

This is a report about a message that you sent.

--b2
Content-Type: message/feedback-report

Feedback-Type: {feedback}
User-Agent: Provider/1.0
Version: 1
Original-Mail-From: <{mail_from}>

--b2
Content-Type: message/rfc822

Message-ID: <{returned}>
Subject: News

Hello

--b2--
"""


def dsn(**facts):
    facts = {
        "id": "1",
        "to": "bounces@mail.example.com",
        "envelope": "",
        "address": "kari@example.com",
        "action": "failed",
        "status": "5.1.1",
        "words": "550 5.1.1 user unknown",
        "returned": "another@shop.example",
    } | facts
    return DSN.format(**facts).encode()


def arf(**facts):
    facts = {"id": "2", "feedback": "abuse", "mail_from": "", "returned": "another@shop.example"} | facts
    return ARF.format(**facts).encode()


def plain(text, **headers):
    headers = {
        "From": "MAILER-DAEMON@mx.example.net",
        "To": "bounces@mail.example.com",
        "Message-ID": "<3@mx>",
    } | headers
    return "".join(f"{name}: {value}\n" for name, value in headers.items()).encode() + b"\n" + text.encode()
