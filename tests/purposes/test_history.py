"""What settings have been, in words."""

import pytest
from django.urls import reverse

from purposes.models import AcceptedBasis, EmailTemplate, PrivacySettings, Purpose
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    rights = ["change_purpose", "change_privacysettings", "change_emailtemplate"]
    user = UserFactory(rights=[f"purposes.{right}" for right in rights], first_name="Anne")
    client.force_login(user)
    return user


def told(client, *where):
    """Each line of the page: who, what, from, to."""
    saves = client.get(reverse("privacy:history", args=where)).context["saves"]
    return [(save.by and save.by.first_name, *difference) for save in saves for difference in save.differences]


def test_what_the_product_came_with_is_no_change(client, admin):
    assert told(client, "settings", 1) == []
    assert "Nothing has been changed yet." in client.get(reverse("privacy:history", args=["settings", 1])).text


def test_a_change_says_who_and_from_what_to_what(client, admin):
    client.post(reverse("privacy:consent"), {"default_basis": "61B", "set_default_basis": "on"})

    assert told(client, "settings", 1) == [
        ("Anne", "Default legal basis", "Legitimate interest", "Contract"),
        ("Anne", "Filter recipients based on e-marketing consent and active subscriptions", "ON", "OFF"),
    ]


def test_a_change_made_by_sql_is_there_too(client, admin):
    Purpose.objects.filter(pk="EMARKETING").update(validity_months=24)

    assert told(client, "purpose", "EMARKETING") == [(None, "Validity in months", "", "24")]


def test_the_history_of_a_purpose_has_its_bases(client, admin):
    AcceptedBasis.objects.filter(purpose="EMARKETING", basis="61F").delete()

    assert told(client, "purpose", "EMARKETING") == [(None, "Accepts Legitimate interest", "yes", "")]
    assert told(client, "purpose", "STORE") == []


def test_a_text_that_was_taken_away_stays_readable(client, admin):
    template = EmailTemplate.objects.get(pk="DOUBLE_OPT_IN")
    template.texts.create(language="nb", subject="Bekreft", body="<b>x</b>", updated_by=admin).delete()

    lines = told(client, "template", "DOUBLE_OPT_IN")

    assert ("Anne", "Norsk bokmål: Subject", "Bekreft", "") in lines
    assert "&lt;b&gt;x&lt;/b&gt;" in client.get(reverse("privacy:history", args=["template", "DOUBLE_OPT_IN"])).text


def test_the_history_of_a_list_has_what_is_deleted(client, admin):
    Purpose.objects.create(key="SMS", name="Text messages", updated_by=admin).delete()

    AcceptedBasis.objects.filter(purpose="EMARKETING", basis="61F").delete()

    saves = client.get(reverse("privacy:kind_history", args=["purpose"])).context["saves"]
    differences = [difference for save in saves for difference in save.differences]
    assert ("Text messages: Name", "Text messages", "") in differences
    assert ("EMARKETING, Accepts Legitimate interest", "yes", "") in differences


@pytest.mark.parametrize("where", [["user", "1"], ["purpose", "NO_SUCH"], ["wording", "abc"]])
def test_there_is_no_history_of_what_never_was(client, admin, where):
    assert client.get(reverse("privacy:history", args=where)).status_code == 404


def test_the_page_costs_the_same_for_one_change_and_for_three(client, admin, django_assert_max_num_queries):
    url = reverse("privacy:history", args=["settings", 1])

    def change(basis):
        PrivacySettings.objects.update(default_basis=basis)

    change("61B")
    client.get(url)
    with django_assert_max_num_queries(30) as one:
        client.get(url)
    for basis in ("61C", "61D", "61E"):
        change(basis)
    with django_assert_max_num_queries(len(one)):
        client.get(url)
