"""Where mail providers report bounces and complaints: django-anymail reads them, if they show the secret."""

import hashlib
import json
import logging
import re
from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason, tracking
from anymail.webhooks import amazon_ses, brevo, mailersend, mailgun, mailjet, mandrill, postmark, sendgrid, sparkpost
from django.conf import settings
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from mailings import reporting
from mailings.diagnosis import Bounce, classify
from mailings.incoming import WORDS, Told
from mailings.models import Report

logger = logging.getLogger(__name__)


class AmazonSES(amazon_ses.AmazonSESTrackingWebhookView):
    """Without boto3, which its base wants only to confirm a subscription: an administrator can do that, once."""

    def __init__(self, **facts: Any):
        super(amazon_ses.AmazonSESBaseWebhookView, self).__init__(**facts)

    def auto_confirm_sns_subscription(self, sns_message: dict[str, Any]) -> None:
        logger.warning("Open this address to let Amazon SNS report: %s", sns_message.get("SubscribeURL"))


PROVIDERS = {
    "amazon_ses": AmazonSES,
    "brevo": brevo.BrevoTrackingWebhookView,
    "mailersend": mailersend.MailerSendTrackingWebhookView,
    "mailgun": mailgun.MailgunTrackingWebhookView,
    "mailjet": mailjet.MailjetTrackingWebhookView,
    "mandrill": mandrill.MandrillCombinedWebhookView,
    "postmark": postmark.PostmarkTrackingWebhookView,
    "sendgrid": sendgrid.SendGridTrackingWebhookView,
    "sparkpost": sparkpost.SparkPostTrackingWebhookView,
}

KINDS = {
    EventType.BOUNCED: Report.Kind.BOUNCE,
    EventType.REJECTED: Report.Kind.BOUNCE,
    EventType.FAILED: Report.Kind.BOUNCE,
    EventType.COMPLAINED: Report.Kind.COMPLAINT,
    EventType.UNSUBSCRIBED: Report.Kind.OPT_OUT,
}
REASONS = {  # where the provider gives no words of the server's
    RejectReason.INVALID: Bounce.NO_SUCH_ADDRESS,
    RejectReason.TIMED_OUT: Bounce.SYSTEM,
    RejectReason.BLOCKED: Bounce.POLICY,
    RejectReason.SPAM: Bounce.POLICY,
}
KEY = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?=@)", re.IGNORECASE)  # of our return path or Message-ID


@csrf_exempt
def reports(request: HttpRequest, provider: str) -> HttpResponseBase:
    """Take a provider's reports. Where no secret is set there is no such page."""
    if provider not in PROVIDERS or not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        raise Http404
    return PROVIDERS[provider].as_view()(request)


@receiver(tracking)
def _take(event: AnymailTrackingEvent, esp_name: str, **_: Any) -> None:
    reporting.take(told(event, esp_name), is_trusted=True)


def told(event: AnymailTrackingEvent, provider: str) -> Told:
    """What a provider's event reports. The key of our message stands somewhere in what the provider tells."""
    whole = json.dumps(event.esp_event, default=str, sort_keys=True)
    words = str(event.mta_response or event.description or event.reject_reason or "")[:WORDS].replace("\x00", "")
    bounce = classify(words)
    if bounce == Bounce.OTHER:
        bounce = REASONS.get(event.reject_reason, bounce)
    kind = KINDS.get(event.event_type)
    return Told(
        id=f"{provider} {event.event_id or hashlib.sha256(whole.encode()).hexdigest()}"[:300],
        kind=kind,
        keys=tuple(dict.fromkeys(key.lower() for key in KEY.findall(f"{event.message_id or ''} {whole}")))[:20],
        bounce=bounce if kind == Report.Kind.BOUNCE else None,
        words=words,
        address=event.recipient or "",
    )
