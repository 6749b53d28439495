"""What each provider reports, in its own form: bounces, complaints, who leaves, and what says nothing."""

import hashlib
import hmac
import json
from base64 import b64encode

import pytest

from mailings.models import Report
from mailings.webhooks import PROVIDERS
from tests.mailings.test_reporting import path, sent  # noqa: F401 - a fixture

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:django-anymail has dropped official support for SendGrid"),
]

SECRET = "provider:secret"
KEY = "signing-key"
HARD, SOFT, POLICY = "550 5.1.1 user unknown", "452 4.2.2 over quota", "550 5.7.1 rejected by policy"
EVENTS = {
    "hard": ("bounce", "no_such_address"),
    "soft": ("bounce", "mailbox"),
    "policy": ("bounce", "policy"),
    "spam": ("complaint", ""),
    "left": ("opt_out", ""),
}
MOMENT = "2026-11-02T10:00:00.000Z"
WORDS = {"hard": HARD, "soft": SOFT, "policy": POLICY}


@pytest.fixture(autouse=True)
def secrets(settings):
    settings.ANYMAIL = {
        "WEBHOOK_SECRET": SECRET,
        "MAILGUN_WEBHOOK_SIGNING_KEY": KEY,
        "MAILERSEND_SIGNING_SECRET": KEY,
        "MANDRILL_WEBHOOK_KEY": KEY,
        "MANDRILL_WEBHOOK_URL": "https://crm.shop.example/",
    }


def signed(message, digest=hashlib.sha256):
    return hmac.new(KEY.encode(), message.encode(), digest)


def amazon_ses(event, to):
    kind = {"spam": "Complaint", "delivered": "Delivery"}.get(event, "Bounce")
    bounced = {"emailAddress": to.address, "action": "failed", "diagnosticCode": f"smtp; {WORDS.get(event)}"}
    detail = {
        "Bounce": {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [bounced]},
        "Complaint": {"complaintFeedbackType": "abuse", "complainedRecipients": [{"emailAddress": to.address}]},
        "Delivery": {"recipients": [to.address], "smtpResponse": "250 ok"},
    }
    mail = {
        "timestamp": "2026-11-02T10:00:00.000Z",
        "messageId": "0100",
        "source": path(to),
        "destination": [to.address],
    }
    message = {"eventType": kind, "mail": mail, kind.lower(): detail[kind]}
    body = {"Type": "Notification", "MessageId": event, "Message": json.dumps(message)}
    return body, {"X-Amz-Sns-Message-Type": "Notification", "X-Amz-Sns-Message-Id": event}


def brevo(event, to):
    name = {"hard": "hard_bounce", "soft": "soft_bounce", "policy": "blocked", "left": "unsubscribe"}.get(event, event)
    id_ = f"<{to.message_key.hex}@shop.example>"
    return {"event": name, "email": to.address, "id": 1, "ts_epoch": 1793613600000, "message-id": id_} | said(event)


def said(event, name="reason"):
    return {name: WORDS[event]} if event in WORDS else {}


def mailersend(event, to):
    name = {"spam": "spam_complaint", "left": "unsubscribed", "delivered": event}.get(event, "hard_bounced")
    morph = {"object": "recipient_bounce", "reason": WORDS.get(event)} if event in WORDS else None
    email = {"message": {"id": "62fb66bef54a112e920b5493"}, "recipient": {"email": to.address}, "from": path(to)}
    data = {"object": "activity", "id": event, "type": name, "created_at": "2026-11-02T10:00:00Z", "email": email}
    body = {"type": f"activity.{name}", "data": data | {"morph": morph}}
    return body, {"Signature": signed(json.dumps(body)).hexdigest()}


def mailgun(event, to):
    name = {"spam": "complained", "left": "unsubscribed", "delivered": event}.get(event, "failed")
    data = {
        "event": name,
        "timestamp": 1793613600.1,
        "recipient": to.address,
        "severity": "permanent",
        "reason": "bounce",
        "delivery-status": {"code": 550, "message": WORDS.get(event, "")},
        "message": {"headers": {"message-id": f"{to.message_key.hex}@shop.example"}},
    }
    stamp = {"timestamp": "1793613600", "token": event, "signature": signed(f"1793613600{event}").hexdigest()}
    return {"signature": stamp, "event-data": data}


def mailjet(event, to):
    name = {"spam": "spam", "left": "unsub", "delivered": "sent"}.get(event, "bounce")
    facts = {"error": "user unknown", "hard_bounce": True, "comment": WORDS[event]} if event in WORDS else {}
    reply = said(event, "smtp_reply")
    return {"event": name, "time": 1793613600, "MessageID": 19421777835146490, "email": to.address} | facts | reply


def mandrill(event, to):
    name = {"hard": "hard_bounce", "soft": "soft_bounce", "policy": "hard_bounce", "left": "unsub", "delivered": "send"}
    msg = {"ts": 1793613600, "email": to.address, "sender": path(to), "_id": "exampl"} | said(event, "diag")
    form = {
        "mandrill_events": json.dumps([{"event": name.get(event, event), "ts": 1793613600, "msg": msg, "_id": event}])
    }
    written = "https://crm.shop.example/mandrill_events" + form["mandrill_events"]
    return form, {"X-Mandrill-Signature": b64encode(signed(written, hashlib.sha1).digest()).decode()}


def postmark(event, to):
    name = {"spam": "SpamComplaint", "left": "SubscriptionChange", "delivered": "Delivery"}.get(event, "Bounce")
    type_ = {"spam": "SpamComplaint", "soft": "SoftBounce"}.get(event, "HardBounce")
    common = {"RecordType": name, "ID": event, "MessageID": "00000000-0000", "From": path(to)}
    if event == "left":
        return common | {"Recipient": to.address, "SuppressSending": True, "SuppressionReason": "ManualSuppression"}
    return common | {"Type": type_, "Email": to.address, "Recipient": to.address} | said(event, "Details")


def sendgrid(event, to):
    name = {"spam": "spamreport", "left": "unsubscribe", "delivered": event}.get(event, "bounce")
    facts = {"event": name, "email": to.address, "timestamp": 1793613600, "sg_event_id": event}
    return [facts | {"smtp-id": f"<{to.message_key.hex}@shop.example>", "type": "bounce"} | said(event)]


def sparkpost(event, to):
    name = {"spam": "spam_complaint", "left": "list_unsubscribe", "delivered": "delivery"}.get(event, "bounce")
    facts = {
        "type": name,
        "event_id": event,
        "raw_rcpt_to": to.address,
        "msg_from": path(to),
        "timestamp": "1793613600",
    }
    class_ = {"bounce_class": {"hard": "10", "soft": "22", "policy": "50"}[event]} if event in WORDS else {}
    return [{"msys": {"message_event": facts | class_ | said(event, "raw_reason")}}]


MADE = [amazon_ses, brevo, mailersend, mailgun, mailjet, mandrill, postmark, sendgrid, sparkpost]
UNKNOWN_THERE = {"amazon_ses": {"left"}}


def post(client, make, event, to, *, secret=SECRET, spoilt=False):
    made = make(event, to)
    body, headers = made if isinstance(made, tuple) else (made, {})
    headers = {"Authorization": f"Basic {b64encode(secret.encode()).decode()}"} | headers
    for name in {"Signature", "X-Mandrill-Signature"} & headers.keys() if spoilt else ():
        headers[name] = "0" * 64
    if spoilt and make is mailgun:
        body["signature"]["signature"] = "0" * 64
    kind = {} if make is mandrill else {"content_type": "application/json"}
    sent_as = body if make is mandrill else json.dumps(body)
    return client.post(f"/mailings/providers/{make.__name__}/", sent_as, headers=headers, **kind)


def test_each_provider_that_is_offered_is_here():
    assert {make.__name__ for make in MADE} == set(PROVIDERS)


@pytest.mark.parametrize("make", MADE, ids=lambda make: make.__name__)
def test_what_a_provider_reports_is_understood_and_matched(client, sent, make):  # noqa: F811
    known = [event for event in EVENTS if event not in UNKNOWN_THERE.get(make.__name__, ())]

    answers = [post(client, make, event, sent).status_code for event in [*known, "delivered"]]

    assert set(answers) == {200}
    reports = Report.objects.order_by("id").values_list("kind", "bounce", "recipient")
    assert list(reports) == [(*EVENTS[event], sent.pk) for event in known]


@pytest.mark.parametrize("make", MADE, ids=lambda make: make.__name__)
def test_nothing_is_believed_without_the_secret_or_with_a_wrong_signature(client, sent, make):  # noqa: F811
    is_signed = make in (mailersend, mailgun, mandrill)

    answers = [post(client, make, "hard", sent, secret="provider:guessed").status_code]
    answers += [post(client, make, "hard", sent, spoilt=True).status_code] if is_signed else []

    assert set(answers) == {400}
    assert not Report.objects.exists()
