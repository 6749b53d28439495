import json
from base64 import b64encode

import pytest

from persons.verdict import Question, explain
from tests.mailings.test_reporting import path, sent  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db

SECRET = "provider:secret"


@pytest.fixture(autouse=True)
def secret(settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}


def report(client, event, *, secret=SECRET, provider="postmark"):
    basic = b64encode(secret.encode()).decode()
    return client.post(
        f"/mailings/providers/{provider}/",
        json.dumps(event),
        content_type="application/json",
        headers={"Authorization": f"Basic {basic}"},
    )


def bounce(recipient, **facts):
    return {
        "RecordType": "Bounce",
        "ID": 4711,
        "Type": "HardBounce",
        "TypeCode": 1,
        "MessageID": "00000000-0000-0000-0000-000000000000",
        "Email": recipient.address,
        "From": path(recipient),
        "BouncedAt": "2026-11-02T10:00:00Z",
        "Details": "smtp;550 5.1.1 user unknown",
        "Description": "The server was unable to deliver your message.",
    } | facts


def test_a_provider_reports_a_bounce(client, sent):  # noqa: F811
    assert report(client, bounce(sent)).status_code == 200

    sent.refresh_from_db()
    assert (sent.bounce, sent.answer) == ("no_such_address", "smtp;550 5.1.1 user unknown")


def test_a_provider_reports_a_complaint(client, sent):  # noqa: F811
    event = bounce(sent) | {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "TypeCode": 512}

    assert report(client, event).status_code == 200

    assert explain(sent.person, Question()).code == "suppressed"


def test_without_the_secret_nothing_is_believed(client, sent):  # noqa: F811
    assert report(client, bounce(sent), secret="provider:guessed").status_code == 400

    sent.refresh_from_db()
    assert sent.bounce == ""


@pytest.mark.parametrize(("provider", "is_set"), [("nobody", True), ("postmark", False)])
def test_unknown_providers_and_a_site_without_a_secret_have_no_such_page(client, sent, settings, provider, is_set):  # noqa: F811
    if not is_set:
        settings.ANYMAIL = {}

    assert report(client, bounce(sent), provider=provider).status_code == 404
