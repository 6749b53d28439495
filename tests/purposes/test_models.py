"""The lists of Privacy (rules 1, 2 and 4.9)."""

import hashlib
from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from purposes.models import AcceptedBasis, LegalBasis, PrivacySettings, Purpose, Source, SubscriptionType, Wording

pytestmark = pytest.mark.django_db


def keys(model) -> list[str]:
    return list(model.objects.values_list("pk", flat=True))


def a_wording(**facts) -> Wording:
    return Wording(**{"purpose_id": "EMARKETING", "language": "en", "number": 1, "approval_text": "May we?"} | facts)


# ---- what every company starts with


def test_the_bases_that_allow_and_those_that_stop():
    allowing, stopping = LegalBasis.objects.filter(allows=True), LegalBasis.objects.filter(allows=False)

    assert list(allowing.values_list("key", "article")) == [
        ("61A", "6(1)(a)"),
        ("61B", "6(1)(b)"),
        ("61C", "6(1)(c)"),
        ("61D", "6(1)(d)"),
        ("61E", "6(1)(e)"),
        ("61F", "6(1)(f)"),
    ]
    assert list(stopping.values_list("key", "article")) == [("WITHDRAWN", ""), ("OBJECTED", ""), ("REFUSED", "")]


def test_the_sources_and_the_subscription_types():
    assert keys(Source) == [
        "USER", "EMAIL", "REQUEST", "CHAT", "WEBFORM", "CUSTOMERPORTAL", "IMPORT", "API", "UNKNOWN",
    ]  # fmt: skip
    assert keys(SubscriptionType) == ["INVITATIONS", "NEWS", "PROMOTIONS", "URGENT"]


def test_sales_and_service_accepts_all_six_and_e_marketing_consent_and_legitimate_interest():
    accepted = {purpose.pk: keys_of(purpose) for purpose in Purpose.objects.all()}

    assert accepted == {"STORE": ["61A", "61B", "61C", "61D", "61E", "61F"], "EMARKETING": ["61A", "61F"]}


def keys_of(purpose) -> list[str]:
    return sorted(purpose.accepted_bases.values_list("pk", flat=True))


def test_all_of_it_is_built_in_active_and_without_end():
    for model in (LegalBasis, Source, SubscriptionType, Purpose):
        assert not model.objects.exclude(is_built_in=True, is_active=True).exists()
    assert set(Purpose.objects.values_list("validity_months", flat=True)) == {None}


def test_the_settings_as_shipped():
    settings = PrivacySettings.current()

    assert (settings.set_default_basis, settings.default_basis_id) == (True, "61F")
    assert (settings.filter_recipients, settings.time_zone) == (True, "Europe/Oslo")


# ---- keys and names


@pytest.mark.parametrize("key", ["SMS", "61A", "SHARE_WITH_3RD", "A", "A" * 40])
def test_a_key_is_made_of_capital_letters_digits_and_underscores(key):
    Source(key=key, name="Ours").full_clean(validate_unique=False, validate_constraints=False)


@pytest.mark.parametrize("key", ["", "sms", "SMS ", "SMS\n", "_SMS", "S-MS", "ÅSE", "A" * 41])
def test_other_keys_are_refused(key):
    with pytest.raises(ValidationError) as refused:
        Source(key=key, name="Ours").full_clean()

    assert list(refused.value.error_dict) == ["key"]


def test_an_entry_reads_as_its_name_and_stands_where_it_was_put():
    Source.objects.create(key="FAIR", name="Fair in Oslo", position=1)

    assert [str(source) for source in Source.objects.all()][:3] == ["Created by user", "E-mail", "Fair in Oslo"]


def test_the_active_ones_are_those_not_deactivated():
    SubscriptionType.objects.filter(pk="NEWS").update(is_active=False)

    assert list(SubscriptionType.objects.active().values_list("pk", flat=True)) == [
        "INVITATIONS",
        "PROMOTIONS",
        "URGENT",
    ]


# ---- what must hold


@pytest.mark.parametrize(("name", "change"), [
    ("withdrawn_stays_active", lambda: LegalBasis.objects.filter(pk="WITHDRAWN").update(is_active=False)),
    ("built_in_purposes_stay_active", lambda: Purpose.objects.filter(pk="STORE").update(is_active=False)),
    ("built_in_purposes_stay_active", lambda: Purpose.objects.filter(pk="EMARKETING").update(is_active=False)),
    ("validity_is_a_month_or_more", lambda: Purpose.objects.filter(pk="STORE").update(validity_months=0)),
    ("a_purpose_accepts_a_basis_once", lambda: AcceptedBasis.objects.create(purpose_id="STORE", basis_id="61A")),
    ("wordings_are_numbered_per_language", lambda: [a_wording().save(), a_wording().save()]),
    ("one_row_of_privacy_settings", lambda: PrivacySettings.objects.create(id=2)),
])  # fmt: skip
@pytest.mark.database
def test_constraints_are_named_as_the_sentences_they_guard(name, change):
    with pytest.raises(IntegrityError, match=f'"{name}"'), transaction.atomic():
        change()


@pytest.mark.parametrize(("entry", "change", "sentence"), [
    (lambda: LegalBasis.objects.get(pk="WITHDRAWN"), {"is_active": False}, "people must always be able to withdraw"),
    (lambda: Purpose.objects.get(pk="EMARKETING"), {"is_active": False}, "built in and cannot be deactivated"),
    (lambda: Purpose.objects.get(pk="STORE"), {"validity_months": 0}, "one month or more"),
])  # fmt: skip
def test_a_refusal_says_why(entry, change, sentence):
    refused = entry()
    for name, value in change.items():
        setattr(refused, name, value)

    with pytest.raises(ValidationError, match=sentence):
        refused.full_clean()


def test_what_others_build_on_may_be_deactivated():
    LegalBasis.objects.filter(pk__in=["61A", "OBJECTED", "REFUSED"]).update(is_active=False)
    Purpose.objects.create(key="SMS", name="Text messages", is_active=False)

    assert LegalBasis.objects.active().count() == 6


def test_a_basis_that_a_purpose_accepts_or_that_is_the_default_cannot_be_deleted():
    with pytest.raises(ProtectedError):
        LegalBasis.objects.get(pk="61F").delete()


def test_a_purpose_of_the_company_s_own_goes_with_what_it_accepted():
    purpose = Purpose.objects.create(key="SMS", name="Text messages")
    AcceptedBasis.objects.create(purpose=purpose, basis_id="61A")

    purpose.delete()

    assert keys(Purpose) == ["STORE", "EMARKETING"]
    assert not AcceptedBasis.objects.filter(purpose="SMS").exists()


# ---- history


@pytest.mark.database
def test_every_state_that_a_setting_has_had_is_kept():
    purpose = Purpose.objects.create(key="SMS", name="Text messages")
    accepted = AcceptedBasis.objects.create(purpose=purpose, basis_id="61A")
    Purpose.objects.filter(pk="SMS").update(validity_months=12)
    accepted.delete()
    PrivacySettings.objects.update(filter_recipients=False)
    PrivacySettings.objects.update(filter_recipients=True)

    assert history(Purpose.pgh_event_model.objects.filter(key="SMS"), "validity_months") == [
        ("insert", None), ("update", 12),
    ]  # fmt: skip
    assert history(AcceptedBasis.pgh_event_model.objects.filter(purpose="SMS"), "basis_id") == [
        ("insert", "61A"), ("delete", "61A"),
    ]  # fmt: skip
    assert history(PrivacySettings.pgh_event_model.objects, "filter_recipients") == [
        ("insert", True), ("update", False), ("update", True),
    ]  # fmt: skip


def history(events, field: str) -> list[tuple]:
    return list(events.order_by("pgh_id").values_list("pgh_label", field))


@pytest.mark.parametrize("model", [LegalBasis, Source, SubscriptionType, Purpose, AcceptedBasis])
def test_the_history_begins_with_what_was_built_in(model):
    assert model.pgh_event_model.objects.filter(pgh_label="insert").count() == model.objects.count() > 0


# ---- wordings


def test_the_latest_wording_of_a_language_is_shown_else_the_english_one_else_none():
    for number in (1, 2, 11):
        a_wording(number=number).save()
    a_wording(language="nb", number=3).save()
    latest_of = Wording.objects.latest_of

    assert [latest_of("EMARKETING", language).number for language in ("en", "nb", "sv")] == [11, 3, 11]
    assert latest_of("STORE", "en") is None


CHANGES = [
    {"purpose_id": "STORE"},
    {"language": "nb"},
    {"number": 2},
    {"approval_text": "May  we?"},
    {"description": "By e-mail."},
    {"statement_title": "Privacy"},
    {"statement_url": "https://example.com/privacy"},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_the_digest_of_a_wording_is_about_everything_that_was_shown(change):
    assert a_wording(**change).digest() != a_wording().digest()


def test_the_digest_of_a_wording_is_about_nothing_else_and_stays():
    asked_again = a_wording(pk=7, ask_again_by=datetime(2026, 1, 1, tzinfo=UTC))

    assert asked_again.digest() == a_wording().digest()
    shown = '["EMARKETING", "en", 1, "May we?", "", "", ""]'
    assert a_wording().digest() == hashlib.sha256(shown.encode()).digest()


def test_texts_that_move_from_one_field_to_the_next_have_another_digest():
    moved = a_wording(description="May we?", approval_text="")

    assert moved.digest() != a_wording(description="", approval_text="May we?").digest()
