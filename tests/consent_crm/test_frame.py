"""Sign-in, sign-out, and what the frame shows to whom."""

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from purposes.models import PrivacySettings
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough one"


@pytest.fixture
def user():
    user = UserFactory(email="anne@example.com")
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client, **data):
    return client.post(reverse("sign_in"), data)


def test_the_right_password_leads_to_the_page_asked_for(client, user):
    response = sign_in(client, username="Anne@Example.com", password=PASSWORD, next="/persons/")

    assert (response.status_code, response.url) == (302, "/persons/")


def test_signing_in_never_leads_to_another_site(client, user):
    response = sign_in(client, username="anne@example.com", password=PASSWORD, next="https://evil.example/")

    assert response.url == reverse("home")


def test_a_wrong_password_is_said_in_one_sentence(client, user):
    response = sign_in(client, username="anne@example.com", password="wrong")

    assert "This e-mail address and this password do not belong together." in response.text


def test_signing_out_takes_a_button(client, user):
    client.force_login(user)

    assert client.get(reverse("sign_out")).status_code == 405
    assert client.post(reverse("sign_out")).url == reverse("sign_in")
    assert client.get(reverse("home")).status_code == 302


@pytest.mark.parametrize(
    ("role", "labels"),
    [
        (None, ["Home"]),
        ("Reader", ["Home", "Persons", "Selections", "Mailings"]),
        ("Marketer", ["Home", "Persons", "Selections", "Mailings"]),
        ("Sales", ["Home", "Persons", "Selections", "Mailings"]),
        ("Privacy admin", ["Home", "Persons", "Selections", "Mailings", "Privacy", "Settings"]),
    ],
)
def test_the_navigation_holds_only_what_is_open(client, role, labels):
    client.force_login(UserFactory(role=role))

    places = client.get(reverse("home")).context["navigation"]

    assert [str(place["label"]) for place in places] == labels


def test_a_page_speaks_the_language_of_the_user(client):
    client.force_login(UserFactory(language="nb"))

    response = client.get(reverse("home"), headers={"Accept-Language": "de"})

    assert response.headers["Content-Language"] == "nb"
    assert '<html lang="nb">' in response.text


def test_a_moment_is_shown_in_the_time_zone_of_the_user_and_of_nobody_else(client):
    admin = UserFactory(role="Privacy admin", time_zone="Pacific/Auckland")
    PrivacySettings.objects.update(updated_at="2026-03-01T13:30:00Z", updated_by=admin)
    client.force_login(admin)

    assert "Last saved 2 Mar 2026 02:30 by Anne Berg" in client.get(reverse("privacy:consent")).text
    client.force_login(UserFactory(role="Privacy admin"))
    assert "Last saved 1 Mar 2026 14:30 by Anne Berg" in client.get(reverse("privacy:consent")).text


def test_the_policy_for_content_lets_nothing_inline_in(client):
    policy = client.get(reverse("sign_in")).headers["Content-Security-Policy"]

    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("address", ["/persons/?q=%00", "/persons/?on=a%00b", "/privacy/purposes/%00/"])
def test_an_address_with_a_nul_is_not_understood(client, address):
    client.force_login(UserFactory(role="Privacy admin"))

    response = client.get(address)

    assert (response.status_code, "This request was not understood" in response.text) == (400, True)


@pytest.mark.parametrize("template", ["400.html", "403.html", "403_csrf.html", "404.html", "500.html"])
def test_an_error_page_needs_nothing_to_be_shown(template):
    assert "Consent CRM" in render_to_string(template)


def test_a_form_without_its_token_says_so_in_our_look(user):
    response = Client(enforce_csrf_checks=True).post(reverse("sign_in"), {"username": "x", "password": "y"})

    assert (response.status_code, "This form has expired" in response.text) == (403, True)
