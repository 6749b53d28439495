"""Two people have the same setting open: the second one is told, and loses nothing."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from purposes.models import LegalBasis, PrivacySettings, Purpose
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

URL = "/privacy/purposes/SMS/"


@pytest.fixture(autouse=True)
def sms():
    purpose = Purpose.objects.create(key="SMS", name="Text messages", description="By SMS.", position=9)
    purpose.accepted_bases.set(LegalBasis.objects.filter(pk__in=["61A", "61F"]))
    return purpose


def admin():
    return UserFactory(rights=["purposes.change_purpose", "purposes.change_privacysettings"])


@pytest.fixture
def second(client):
    user = admin()
    client.force_login(user)
    return user


def opened(client, url=URL):
    """What the page sends back if nothing is touched."""
    form = client.get(url).context["form"]
    return {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}


def somebody_saves(**facts):
    Purpose.objects.filter(pk="SMS").update(**facts, updated_by=UserFactory(first_name="Ola", last_name="Lie"))


def test_who_saves_second_is_told_what_changed_and_saves_with_the_second_look(client, second):
    typed = opened(client) | {"name": "SMS messages"}
    somebody_saves(description="By text message.", validity_months=12)

    refused = client.post(URL, typed)

    form = refused.context["form"]
    (told,) = form.non_field_errors()
    assert refused.status_code == 422
    assert told.startswith("Ola Lie saved this page on ")
    assert "Description is now “By text message.”; Validity in months is now “12”" in told
    assert (form["name"].value(), form["description"].value()) == ("SMS messages", "By text message.")
    assert form["validity_months"].value() in (12, "12")

    again = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    assert client.post(URL, again).status_code == 302
    saved = Purpose.objects.get(pk="SMS")
    assert (saved.name, saved.description, saved.validity_months) == ("SMS messages", "By text message.", 12)
    assert saved.updated_by == second


def test_what_both_changed_keeps_what_the_second_one_typed(client, second):
    typed = opened(client) | {"name": "Mine"}
    somebody_saves(name="Theirs")

    form = client.post(URL, typed).context["form"]

    assert form["name"].value() == "Mine"
    assert "Name is now “Theirs”" in form.non_field_errors()[0]
    assert Purpose.objects.get(pk="SMS").name == "Theirs"


def test_a_choice_of_several_is_compared_too(client, second, sms):
    typed = opened(client) | {"name": "Mine"}
    sms.accepted_bases.remove("61F")

    form = client.post(URL, typed).context["form"]

    assert "is now “Consent”" in form.non_field_errors()[0]
    assert form["accepted_bases"].value() == ["61A"]


def test_a_switch_is_compared_too(client, second):
    url = reverse("privacy:consent")
    typed = opened(client, url)
    PrivacySettings.objects.update(filter_recipients=False)

    form = client.post(url, typed).context["form"]

    assert "is now “OFF”" in form.non_field_errors()[0]
    assert not form["filter_recipients"].value()


def test_nobody_is_stopped_by_what_did_not_change(client, second):
    typed = opened(client)
    somebody_saves(position=3)

    assert client.post(URL, typed | {"name": "Mine"}).status_code == 302


@pytest.mark.parametrize("sent", ["", "no JSON", "[]", json.dumps({"nothing": 1})])
def test_a_program_that_does_not_say_what_it_saw_is_believed(client, second, sent):
    response = client.post(URL, {"name": "Mine", "accepted_bases": ["61A", "61F"], "opened_with": sent})

    assert response.status_code == 302


def test_the_row_is_locked_while_it_is_compared_and_saved(client, second):
    with CaptureQueriesContext(connection) as queries:
        client.post(URL, opened(client) | {"name": "Mine"})

    assert any("FOR UPDATE" in query["sql"] for query in queries)
