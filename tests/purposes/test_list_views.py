"""The lists of Privacy: one shape for purposes, legal bases, sources and subscription types (rules 4.9)."""

import pytest
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from persons import ledger
from persons.models import Door
from purposes.kinds import BASES, KINDS, PURPOSES, SOURCES, TYPES
from purposes.models import LegalBasis, PrivacySettings, Purpose, Source, SubscriptionType
from tests.factories import PersonFactory, UserFactory

pytestmark = pytest.mark.django_db

EACH = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.many)


@pytest.fixture(autouse=True)
def admin(client):
    user = UserFactory(role="Privacy admin")
    client.force_login(user)
    return user


def own(kind, key="OURS", name="Our own", **facts):
    """An entry of the company's own."""
    facts |= {"allows": True} if kind is BASES else {}
    return kind.model.objects.create(key=key, name=name, position=facts.pop("position", 50), **facts)


def url(kind, deed, key="OURS"):
    return reverse(kind.route(deed), args=[] if deed == "add" else [key])


def typed(kind, **facts):
    more = {BASES: {"allows": "True"}, PURPOSES: {"accepted_bases": ["61A"]}}
    return {"name": "Our own", **more.get(kind, {}), **facts}


@EACH
def test_an_entry_is_added_at_the_end_renamed_and_says_who_changed_it(client, admin, kind):
    client.post(url(kind, "add"), typed(kind))
    entry = kind.model.objects.get(pk="OUR_OWN")
    assert (entry.updated_by, entry.is_built_in, entry.position) == (admin, False, kind.model.objects.count() - 1)

    client.post(url(kind, "", "OUR_OWN"), typed(kind, name="Renamed"))
    assert kind.model.objects.get(pk="OUR_OWN").name == "Renamed"


@EACH
@pytest.mark.parametrize(
    ("name", "refusal"),
    [("", "This field is required."), ("  ", "This field is required."), ("OUR OWN", "Another entry")],
)
def test_a_name_is_not_empty_and_stands_once(client, kind, name, refusal):
    own(kind)

    response = client.post(url(kind, "add"), typed(kind, name=name, key="NEW"))

    assert response.status_code == 422
    assert response.context["form"].errors["name"][0].startswith(refusal)


@EACH
def test_what_is_written_is_never_markup(client, kind):
    own(kind, name="<script>alert(1)</script>")

    pages = [client.get(url(kind, deed)) for deed in ("", "deactivate", "delete")] + [client.get(reverse(kind.listed))]

    assert all("<script>alert" not in page.text and "&lt;script&gt;alert" in page.text for page in pages)


@EACH
def test_an_entry_is_deactivated_after_a_look_and_restored(client, admin, kind):
    own(kind)

    assert (
        reverse(kind.effect_route, args=[*([kind.many] if kind is not PURPOSES else []), "OURS"])
        in client.get(url(kind, "deactivate")).text
    )
    assert kind.model.objects.get(pk="OURS").is_active
    client.post(url(kind, "deactivate"))
    assert not kind.model.objects.get(pk="OURS").is_active
    client.post(url(kind, "restore"))
    entry = kind.model.objects.get(pk="OURS")
    assert (entry.is_active, entry.updated_by) == (True, admin)


@pytest.mark.parametrize(
    ("kind", "key", "sentence"),
    [
        (PURPOSES, "STORE", "This purpose is built in and cannot be deactivated."),
        (PURPOSES, "EMARKETING", "This purpose is built in and cannot be deactivated."),
        (BASES, "WITHDRAWN", "Withdrawn cannot be deactivated: people must always be able to withdraw."),
        (BASES, "61F", "Legitimate interest is the default legal basis and cannot be deactivated."),
    ],
)
def test_what_must_stay_active_says_why(client, kind, key, sentence):
    shown, sent = client.get(url(kind, "deactivate", key)), client.post(url(kind, "deactivate", key))

    assert (shown.status_code, sent.status_code) == (200, 422)
    assert sentence in shown.text
    assert sentence in sent.text
    assert kind.model.objects.get(pk=key).is_active


@pytest.mark.database
def test_the_default_basis_stays_active_whoever_writes():
    with pytest.raises(IntegrityError, match="default legal basis stays active"):
        LegalBasis.objects.filter(pk="61F").update(is_active=False)


def test_another_basis_can_be_deactivated_once_it_is_no_longer_the_default(client):
    PrivacySettings.objects.update(default_basis="61B")

    client.post(url(BASES, "deactivate", "61F"))

    assert not LegalBasis.objects.get(pk="61F").is_active


@EACH
def test_an_own_entry_that_nothing_refers_to_is_deleted_after_a_question(client, kind):
    own(kind)

    client.get(url(kind, "delete"))
    assert kind.model.objects.filter(pk="OURS").exists()
    client.post(url(kind, "delete"))
    assert not kind.model.objects.filter(pk="OURS").exists()


@EACH
def test_what_is_built_in_is_never_deleted(client, kind):
    key = kind.model.objects.first().pk

    response = client.post(url(kind, "delete", key))

    assert (response.status_code, kind.model.objects.filter(pk=key).exists()) == (422, True)
    assert "is built in and cannot be deleted." in response.text
    assert "Delete…" not in client.get(url(kind, "", key)).text


@EACH
def test_what_is_in_use_is_never_deleted(client, kind):
    own(kind)
    use(kind)

    response = client.post(url(kind, "delete"))

    assert (response.status_code, kind.model.objects.filter(pk="OURS").exists()) == (422, True)
    assert "Deactivate it instead." in response.text
    assert "Delete…" not in client.get(url(kind, "")).text


def use(kind):
    """Let somebody answer with the own entry, and take that back: the history refers to it for good."""
    facts = {"purpose_id": "STORE", "basis_id": "61B", "source_id": "CHAT"}
    facts |= {
        PURPOSES: {"purpose_id": "OURS"},
        BASES: {"basis_id": "OURS"},
        SOURCES: {"source_id": "OURS"},
        TYPES: {"purpose_id": None, "type_id": "OURS", "basis_id": "61A"},
    }[kind]
    if kind is PURPOSES:
        Purpose.objects.get(pk="OURS").accepted_bases.add("61B")
    if kind is BASES:
        Purpose.objects.get(pk="STORE").accepted_bases.add("OURS")
    answer = ledger.Answer(
        person_id=PersonFactory().pk, given_at=timezone.now(), comment="Said so at the fair.", **facts
    )
    ledger.record(answer, by=ledger.Recorder(door=Door.PAGE))


@EACH
def test_the_table_costs_the_same_for_one_entry_more_and_for_thirty(
    client, kind, django_assert_num_queries, django_assert_max_num_queries
):
    own(kind)
    with django_assert_max_num_queries(15) as one:
        client.get(reverse(kind.listed))
    for number in range(29):
        own(kind, key=f"N{number}", name=f"No. {number}", updated_by=UserFactory())

    with django_assert_num_queries(len(one)):
        client.get(reverse(kind.listed))


# ---- the order


def keys(model):
    return list(model.objects.values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("key", "to", "order"),
    [
        ("NEWS", "0", ["NEWS", "INVITATIONS", "PROMOTIONS", "URGENT"]),
        ("INVITATIONS", "2", ["NEWS", "PROMOTIONS", "INVITATIONS", "URGENT"]),
        ("INVITATIONS", "99", ["NEWS", "PROMOTIONS", "URGENT", "INVITATIONS"]),
        ("NEWS", "1", ["INVITATIONS", "NEWS", "PROMOTIONS", "URGENT"]),
        ("NOTHING", "0", ["INVITATIONS", "NEWS", "PROMOTIONS", "URGENT"]),
        ("NEWS", "up", ["INVITATIONS", "NEWS", "PROMOTIONS", "URGENT"]),
    ],
)
def test_an_entry_is_put_elsewhere(client, key, to, order):
    client.post(reverse("privacy:order_types"), {"key": key, "to": to})

    assert keys(SubscriptionType) == order


def test_what_is_not_shown_keeps_its_place(client):
    SubscriptionType.objects.filter(pk="NEWS").update(is_active=False)

    client.post(reverse("privacy:order_types"), {"key": "PROMOTIONS", "to": "0"})

    assert keys(SubscriptionType) == ["PROMOTIONS", "NEWS", "INVITATIONS", "URGENT"]


def test_moving_is_no_update_of_an_entry(client):
    before = SubscriptionType.objects.get(pk="NEWS")

    response = client.post(reverse("privacy:order_types"), {"key": "NEWS", "to": "2"}, follow=True)

    after = SubscriptionType.objects.get(pk="NEWS")
    assert (after.updated_at, after.updated_by) == (before.updated_at, None)
    assert "News is now number 3 of 4." in response.text


# ---- what each list has of its own


def test_article_and_effect_of_a_basis_are_chosen_once(client):
    client.post(url(BASES, "add"), {"name": "Blocked", "key": "BLOCKED", "allows": "False", "article": "21"})
    client.post(url(BASES, "", "BLOCKED"), {"name": "Held", "allows": "True", "article": "6(1)(a)"})

    basis = LegalBasis.objects.get(pk="BLOCKED")
    assert (basis.name, basis.allows, basis.article) == ("Held", False, "21")


def test_what_is_as_shipped_is_edited_in_the_reader_s_language_and_stays_as_shipped(client, admin, monkeypatch):
    words = {"Chat": "Nettprat"}
    monkeypatch.setattr("purposes.models.lists.gettext", lambda text: words.get(text, text))

    assert client.get(url(SOURCES, "", "CHAT")).context["form"]["name"].value() == "Nettprat"
    client.post(url(SOURCES, "", "CHAT"), {"name": "Nettprat", "description": "On our site."})
    assert Source.objects.get(pk="CHAT").name == "Chat"
    client.post(url(SOURCES, "", "CHAT"), {"name": "Live chat"})
    assert Source.objects.get(pk="CHAT").name == "Live chat"


def test_a_source_that_sends_the_privacy_confirmation_needs_a_template(client):
    typed = {"name": "Chat", "sends_confirmation": "on"}

    refused = client.post(url(SOURCES, "", "CHAT"), typed)
    assert refused.context["form"].errors["confirmation_template"] == [
        "Choose the template of the privacy confirmation e-mail."
    ]

    client.post(url(SOURCES, "", "CHAT"), typed | {"confirmation_template": "PRIVACY_CONFIRMATION"})
    assert Source.objects.get(pk="CHAT").confirmation_template_id == "PRIVACY_CONFIRMATION"
