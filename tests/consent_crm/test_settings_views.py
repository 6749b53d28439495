"""Settings: sending and retention."""

import pytest
from django.urls import reverse

from consent_crm.models import Retention
from mailings.models import SendingSettings
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

SENDING = {"pause_after": 1000, "pause_at_complaints": "0.10", "pause_at_bounces": "2.00"}
RETENTION = {"import_file_days": 7, "server_answer_months": 24, "mailing_history_months": 24, "caught_mail_days": 30}


@pytest.fixture
def admin(client):
    user = UserFactory(role="Privacy admin", first_name="Anne")
    client.force_login(user)
    return user


def save(client, name, **data):
    return client.post(reverse(f"settings:{name}"), {"sending": SENDING, "retention": RETENTION}[name] | data)


def test_settings_are_saved_and_kept_in_the_history(client, admin):
    save(client, "sending", allowed_senders="example.com", per_second=20)
    save(client, "retention", server_answer_months=12)

    assert (SendingSettings.current().per_second, SendingSettings.current().updated_by) == (20, admin)
    assert Retention.current().server_answer_months == 12
    shown = client.get(reverse("settings:history", args=["retention"])).context["saves"]
    assert [(one.by, one.differences) for one in shown] == [(admin, [("Words of mail servers, in months", "24", "12")])]


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("sending", "allowed_senders", "example.com\nnot an address"),
        ("sending", "per_second", "0"),
        ("sending", "pause_at_complaints", "0.5"),
        ("sending", "bounce_mailbox", "nobody"),
        ("retention", "import_file_days", "0"),
        ("retention", "server_answer_months", "-1"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(client, admin, name, field, value):
    response = save(client, name, **{field: value})

    assert (response.status_code, set(response.context["form"].errors)) == (422, {field})


def test_who_saves_second_is_told(client, admin):
    opened = client.get(reverse("settings:sending")).context["form"]["opened_with"].initial
    save(client, "sending", per_second=20, opened_with=opened)

    response = save(client, "sending", per_second=30, opened_with=opened)

    assert (response.status_code, SendingSettings.current().per_second) == (422, 20)


def test_sales_may_not_open_them(client):
    client.force_login(UserFactory(role="Sales"))

    for name in ("sending", "retention"):
        assert client.get(reverse(f"settings:{name}")).status_code == 403


@pytest.mark.parametrize(
    ("allowed", "sender", "is_allowed"),
    [
        ("", "Shop <news@example.com>", True),
        ("example.com", "Shop <news@EXAMPLE.com>", True),
        ("news@example.com\nexample.net", "news@example.com", True),
        ("news@example.com", "shop@example.com", False),
        ("example.com", "news@mail.example.com", False),
    ],
)
def test_a_sender_is_allowed_by_address_or_domain(allowed, sender, is_allowed):
    settings = SendingSettings(allowed_senders=allowed)

    assert settings.may_send_as(sender) is is_allowed
