"""The Consent tab of Privacy: its purposes and its settings."""

import pytest
from django.urls import reverse

from purposes.models import AcceptedBasis, LegalBasis, PrivacySettings, Purpose, Wording
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

ADMIN = [
    "purposes.change_purpose",
    "purposes.add_purpose",
    "purposes.change_privacysettings",
    "persons.view_person",
]


@pytest.fixture
def admin(client):
    user = UserFactory(rights=ADMIN)
    client.force_login(user)
    return user


@pytest.fixture
def sms():
    purpose = Purpose.objects.create(key="SMS", name="Text messages", position=9)
    purpose.accepted_bases.set(LegalBasis.objects.filter(pk__in=["61A", "61F"]))
    return purpose


def save_settings(client, **data):
    return client.post(reverse("privacy:consent"), {"default_basis": "61F", **data})


def purpose_form(**data):
    return {"name": "Text messages", "accepted_bases": ["61A", "61F"], **data}


# ---- the table


def test_the_table_shows_active_purposes_and_on_demand_the_others(client, admin, sms):
    Purpose.objects.filter(pk="SMS").update(is_active=False)

    shown = client.get(reverse("privacy:consent")).context["rows"]
    everything = client.get(reverse("privacy:consent"), {"inactive": "1"}).context["rows"]

    assert [row.entry.pk for row in shown] == ["STORE", "EMARKETING"]
    assert [row.entry.pk for row in everything] == ["STORE", "EMARKETING", "SMS"]


def test_the_table_costs_the_same_for_one_purpose_more_and_for_three(
    client, admin, sms, django_assert_num_queries, django_assert_max_num_queries
):
    with django_assert_max_num_queries(15) as one:
        client.get(reverse("privacy:consent"))
    for key in ("A", "B"):
        Purpose.objects.create(key=key, name=key, updated_by=UserFactory()).accepted_bases.set(
            LegalBasis.objects.filter(pk="61A")
        )

    with django_assert_num_queries(len(one)):
        client.get(reverse("privacy:consent"))


# ---- the settings


def test_saving_the_settings_records_who(client, admin):
    response = client.post(reverse("privacy:consent"), {"default_basis": "61B"}, follow=True)

    settings = PrivacySettings.current()
    assert (settings.set_default_basis, settings.filter_recipients) == (False, False)
    assert (settings.default_basis_id, settings.updated_by) == ("61B", admin)
    assert "Set default legal basis is now OFF, Default legal basis is now Contract" in response.text


def test_saving_without_a_change_says_so(client, admin):
    response = client.post(
        reverse("privacy:consent"),
        {"default_basis": "61F", "set_default_basis": "on", "filter_recipients": "on"},
        follow=True,
    )

    assert "Nothing was changed." in response.text


@pytest.mark.parametrize(
    ("basis", "is_offered"),
    [("61F", True), ("61C", True), ("61A", False), ("WITHDRAWN", False), ("OWN", False)],
)
def test_the_default_is_accepted_for_sales_and_service_and_needs_no_proof(client, admin, basis, is_offered):
    LegalBasis.objects.create(key="OWN", name="Own ground", allows=True)

    response = save_settings(client, default_basis=basis)

    assert (response.status_code == 302) is is_offered
    assert is_offered or list(response.context["form"].errors) == ["default_basis"]


def test_settings_take_a_right_of_their_own(client):
    client.force_login(UserFactory(rights=["purposes.change_purpose"]))

    assert client.get(reverse("privacy:consent")).status_code == 200
    assert save_settings(client).status_code == 403


# ---- purposes


def test_a_new_purpose_gets_an_id_made_from_its_name(client, admin):
    client.post(reverse("privacy:add_purpose"), purpose_form(name="Deling med tredjepart (øvrig)"))

    purpose = Purpose.objects.get(pk="DELING_MED_TREDJEPART_OVRIG")
    assert (purpose.updated_by, purpose.is_built_in) == (admin, False)
    assert set(purpose.accepted_bases.values_list("pk", flat=True)) == {"61A", "61F"}


@pytest.mark.parametrize(
    ("name", "key", "refusal"),
    [
        ("Texts", "sms", "The ID SMS is taken: it is that of Text messages."),
        ("Texts", "with space", "Use capital letters A to Z, digits and underscores, 40 at most."),
        ("短信", "", "No ID can be made from this name. Please write one."),
        ("Leaving", "WITHDRAWN", "The ID WITHDRAWN is reserved. Please choose another one."),
        ("Order", "", "The ID ORDER is reserved. Please choose another one."),
    ],
)
def test_an_unfit_id_is_refused_at_its_field(client, admin, sms, name, key, refusal):
    response = client.post(reverse("privacy:add_purpose"), purpose_form(name=name, key=key))

    assert (response.status_code, response.context["form"].errors["key"]) == (422, [refusal])
    assert Purpose.objects.count() == 3


def test_taking_a_basis_off_shows_its_effect_first(client, admin, sms):
    url = reverse("privacy:purpose", args=["SMS"])

    refused = client.post(url, purpose_form(accepted_bases=["61A"]))
    assert "Legitimate interest would be taken off." in refused.context["form"].errors["accepted_bases"][0]
    assert reverse("persons:purpose_effect", args=["SMS"]) in refused.text
    client.post(url, purpose_form(accepted_bases=["61A"], effect_seen="61A"))  # what was confirmed is something else
    assert AcceptedBasis.objects.filter(purpose=sms, basis="61F").exists()

    client.post(url, purpose_form(accepted_bases=["61A"], effect_seen="61F"))
    assert list(sms.accepted_bases.values_list("pk", flat=True)) == ["61A"]


def test_adding_a_basis_needs_no_second_look(client, admin, sms):
    response = client.post(reverse("privacy:purpose", args=["SMS"]), purpose_form(accepted_bases=["61A", "61B", "61F"]))

    assert response.status_code == 302
    assert sms.accepted_bases.count() == 3


def test_an_id_can_change_until_something_refers_to_it(client, admin, sms):
    client.post(reverse("privacy:purpose", args=["SMS"]), purpose_form(key="texts", name="Texts"))
    texts = Purpose.objects.get(pk="TEXTS")
    assert (texts.name, texts.accepted_bases.count(), texts.updated_by) == ("Texts", 2, admin)
    assert not Purpose.objects.filter(pk="SMS").exists()

    Wording.objects.create(purpose=texts, language="en", number=1, approval_text="May we?")
    client.post(reverse("privacy:purpose", args=["TEXTS"]), purpose_form(key="SMS", name="Texts"))
    assert not Purpose.objects.filter(pk="SMS").exists()


def test_the_default_basis_is_not_taken_off_sales_and_service(client, admin):
    kept = ["61A", "61B", "61C", "61D", "61E"]

    response = client.post(
        reverse("privacy:purpose", args=["STORE"]),
        {"name": "Sales and service", "accepted_bases": kept, "effect_seen": "61F"},
    )

    assert "new persons get it by default" in response.context["form"].errors["accepted_bases"][0]
    assert AcceptedBasis.objects.filter(purpose="STORE").count() == 6


def test_the_register_has_every_purpose_and_says_what_is_missing(client, sms):
    client.force_login(UserFactory(role="Privacy admin"))
    Purpose.objects.filter(pk="SMS").update(
        is_active=False, storage_period="Two years\n<b>at most</b>", validity_months=1
    )

    text = client.get(reverse("privacy:register")).text

    assert text.index(">Sales and service<") < text.index(">Text messages<")
    assert "Two years<br>&lt;b&gt;at most&lt;/b&gt;" in text
    assert "Consent (art. 6(1)(a))" in text
    assert "1 month" in text
    assert text.count("Not stated.") == 3 * 2 + 3


def test_the_line_of_help_of_a_basis(client, admin):
    response = client.get(reverse("privacy:basis_rights"), {"basis": "61A"})

    assert "The person may withdraw at any time" in response.text
