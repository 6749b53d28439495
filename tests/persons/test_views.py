"""The staff's pages about persons: who may do what, what is recorded from where, and where a refusal lands."""

from datetime import date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from persons import ledger, lists
from persons.models import Act, Consent, ConsentEvent, Door, Subscription
from purposes.models import LegalBasis, PrivacySettings, Purpose, Wording
from tests.factories import CompanyFactory, PersonFactory, UserFactory

pytestmark = pytest.mark.django_db

SALES = ["persons.view_person", "persons.change_person", "persons.manage_consent", "persons.record_stop"]
SWITCHER = ["persons.view_person", "persons.change_person"]
MARKETER = ["persons.view_person", "persons.record_stop"]
READER = ["persons.view_person"]
PROOF = "Said so on the phone."


@pytest.fixture
def person():
    return PersonFactory(first_name="Kari", last_name="Nordmann")


@pytest.fixture
def sign_in(client):
    def sign_in(rights):
        user = UserFactory(rights=rights)
        client.force_login(user)
        return user

    return sign_in


def answer(person, basis, *, door=Door.PAGE, given_at=None, purpose="EMARKETING", comment=PROOF):
    given = ledger.Answer(
        person_id=person.pk,
        purpose_id=purpose,
        basis_id=basis,
        source_id="EMAIL",
        given_at=given_at or timezone.now() - timedelta(days=30),
        comment=comment,
    )
    return ledger.record(given, by=ledger.Recorder(door=door))


def send_consent(client, person, key="EMARKETING", **data):
    return client.post(reverse("persons:record_consent", args=[person.pk, key]), data)


def filled_in(**data):
    return {"basis": "61A", "source": "CHAT", "expressed_by": "person", "comment": PROOF} | data


def letter(name="letter.pdf"):
    return SimpleUploadedFile(name, b"%PDF-1.4 I have changed my mind. %%EOF")


def standing(person, key="EMARKETING"):
    return Consent.objects.filter(person=person, purpose=key).values_list("basis", flat=True).first()


# ---- the form of one purpose


def test_a_form_records_by_its_user_through_the_page(client, person, sign_in):
    user = sign_in(SALES)

    response = send_consent(client, person, **filled_in())

    act = Act.objects.get()
    consent = Consent.objects.get()
    assert response.status_code == 302
    assert (act.user, act.door, act.is_own_door, act.expressed_by) == (user, Door.PAGE, False, "person")
    assert (consent.basis_id, consent.source_id, consent.event.evidence.comment) == ("61A", "CHAT", PROOF)


def test_the_message_says_what_changed(client, person, sign_in):
    sign_in(SALES)

    response = client.post(reverse("persons:record_consent", args=[person.pk, "EMARKETING"]), filled_in(), follow=True)

    assert "E-marketing is now ON for Kari Nordmann." in response.text


def test_missing_proof_is_refused_at_the_comment(client, person, sign_in):
    sign_in(SALES)

    response = send_consent(client, person, **filled_in(comment="yes"))

    assert response.status_code == 422
    assert response.context["form"].errors == {
        "comment": ["This needs proof: a wording, a file, or a comment of at least ten characters."]
    }
    assert not ConsentEvent.objects.exists()


def test_a_standing_stop_is_refused_at_the_basis(client, person, sign_in):
    answer(person, "WITHDRAWN", door=Door.LINK)
    sign_in(SALES)

    response = send_consent(client, person, **filled_in())

    assert response.context["form"].errors["basis"] == [
        "The person has said no. Only the person can say yes again: send a confirmation link."
    ]


@pytest.mark.parametrize("days_ahead", [2, 9, None])
def test_a_day_in_the_future_is_refused_at_the_day(client, person, sign_in, days_ahead):
    sign_in(SALES)
    day = timezone.localdate() + timedelta(days=days_ahead) if days_ahead else date.max

    response = send_consent(client, person, **filled_in(given_date=day.isoformat()))

    assert response.context["form"].errors["given_date"] == ["The day on which it was given lies in the future."]


def test_a_stop_dated_ahead_counts_as_now(client, person, sign_in):
    sign_in(SALES)

    send_consent(client, person, **filled_in(basis="WITHDRAWN", given_date=date.max.isoformat()))

    assert Consent.objects.get().given_at == Act.objects.get().recorded_at


@pytest.mark.parametrize("day", [date.min, date(206, 5, 1)])
def test_a_year_that_cannot_be_meant_is_refused(client, person, sign_in, day):
    sign_in(SALES)
    answer(person, "61F", purpose="STORE")

    recorded = send_consent(client, person, **filled_in(given_date=day.isoformat()))
    asked = client.get(reverse("persons:history", args=[person.pk]), {"as_of": day.isoformat()})

    assert recorded.context["form"].errors["given_date"] == ["Please check the year."]
    assert asked.context["form"].errors["as_of"] == ["Please check the year."]


def test_a_basis_that_the_purpose_does_not_accept_is_not_offered(client, person, sign_in):
    sign_in(SALES)

    response = send_consent(client, person, **filled_in(basis="61B"))

    assert list(response.context["form"].errors) == ["basis"]


def test_a_bare_day_is_its_first_moment_for_an_allowance_and_its_last_for_a_stop(client, person, sign_in):
    sign_in(SALES)
    PrivacySettings.objects.update(time_zone="America/New_York")

    send_consent(client, person, **filled_in(given_date="2026-01-15"))
    allowed = Consent.objects.get().given_at
    send_consent(client, person, **filled_in(basis="WITHDRAWN", given_date="2026-02-15"))

    assert allowed == datetime.fromisoformat("2026-01-15T00:00:00-05:00")
    assert Consent.objects.get().given_at == datetime.fromisoformat("2026-02-15T23:59:59.999999-05:00")


def test_an_unknown_day_stays_unknown(client, person, sign_in):
    sign_in(SALES)

    send_consent(client, person, **filled_in(given_unknown="on"))

    assert Consent.objects.get().given_at is None


def test_a_corrected_comment_keeps_the_moment_it_was_given(client, person, sign_in):
    answer(person, "61A", given_at=(moment := timezone.now() - timedelta(days=400)))
    sign_in(SALES)
    opened = client.get(person.get_absolute_url(), {"edit": "EMARKETING"}).context["form"]

    data = {name: opened[name].value() or "" for name in ("basis", "source", "given_date", "expressed_by")}
    send_consent(client, person, **data, comment="Said so at the fair in Bergen.")

    consent = Consent.objects.get()
    assert (consent.given_at, consent.event.evidence.comment) == (moment, "Said so at the fair in Bergen.")


def test_another_basis_counts_from_now_when_the_day_is_left_as_it_was(client, person, sign_in):
    answer(person, "61A")
    sign_in(SALES)
    opened = client.get(person.get_absolute_url(), {"edit": "EMARKETING"}).context["form"]

    data = {name: opened[name].value() for name in ("source", "given_date", "expressed_by")}
    send_consent(client, person, **data, basis="WITHDRAWN")

    assert Consent.objects.get().given_at == Act.objects.latest("pk").recorded_at


def test_a_file_with_the_right_to_lift_stops_lifts_one(client, person, sign_in):
    answer(person, "REFUSED")
    sign_in([*SALES, "persons.lift_stop"])

    send_consent(client, person, **filled_in(file=letter()))

    assert standing(person) == "61A"


def test_the_same_file_without_that_right_lifts_nothing(client, person, sign_in):
    answer(person, "REFUSED")
    sign_in(SALES)

    response = send_consent(client, person, **filled_in(file=letter()))

    assert (response.status_code, standing(person)) == (422, "REFUSED")


def test_who_may_lift_is_told_at_the_file_that_one_is_missing(client, person, sign_in):
    sign_in([*SALES, "persons.lift_stop"])

    answer(person, "REFUSED")
    lifted_by_file = send_consent(client, person, **filled_in())
    answer(person, "OBJECTED", given_at=timezone.now())
    lifted_by_nobody = send_consent(client, person, **filled_in())

    assert lifted_by_file.context["form"].errors == {
        "file": ["The person has said no. A file that shows a later yes lifts this."]
    }
    assert list(lifted_by_nobody.context["form"].errors) == ["basis"]


def test_a_file_that_is_no_evidence_is_refused_at_the_file(client, person, sign_in):
    sign_in(SALES)

    response = send_consent(client, person, **filled_in(file=SimpleUploadedFile("yes.exe", b"MZ\x90")))

    assert (response.status_code, list(response.context["form"].errors)) == (422, ["file"])
    assert not ConsentEvent.objects.exists()


def test_the_wording_shown_is_kept_with_the_answer(client, person, sign_in):
    sign_in(SALES)
    wording = Wording.objects.create(purpose_id="EMARKETING", language="en", number=1, approval_text="Yes, please.")

    send_consent(client, person, **filled_in(wording=wording.pk, comment=""))

    assert Consent.objects.get().wording == wording


def test_an_inactive_purpose_has_no_form(client, person, sign_in):
    Purpose.objects.create(key="SMS", name="Text messages", is_active=False)
    sign_in(SALES)

    assert send_consent(client, person, key="SMS", **filled_in()).status_code == 404


# ---- the E-marketing switch


def test_the_switch_off_acts_at_once(client, person, sign_in):
    answer(person, "61A")
    sign_in(SWITCHER)

    response = send_consent(client, person, on="0")

    consent = Consent.objects.get()
    assert response.status_code == 302
    assert (consent.basis_id, consent.source_id) == ("WITHDRAWN", "USER")


def test_the_switch_on_asks_for_proof_and_records_consent(client, person, sign_in):
    sign_in(SWITCHER)

    refused = send_consent(client, person, comment="")
    send_consent(client, person, comment=PROOF)

    consent = Consent.objects.get()
    assert [field.name for field in refused.context["form"].visible_fields()] == ["comment"]
    assert "comment" in refused.context["form"].errors
    assert (consent.basis_id, consent.source_id) == ("61A", "USER")


def test_somebody_with_the_switch_alone_reaches_no_other_purpose(client, person, sign_in):
    sign_in(SWITCHER)

    assert send_consent(client, person, key="STORE", **filled_in(basis="61F")).status_code == 403
    assert send_consent(client, person, key="STORE", on="0").status_code == 403


def test_the_switch_stays_whole_for_somebody_who_also_records_stops(client, person, sign_in):
    sign_in([*SWITCHER, "persons.record_stop"])

    send_consent(client, person, comment=PROOF)
    text = client.get(person.get_absolute_url()).text

    assert standing(person) == "61A"
    assert "?edit=STORE" in text
    assert "?edit=EMARKETING" not in text


def test_an_answer_given_now_is_dated_by_the_database(client, person, sign_in):
    sign_in(SALES)

    send_consent(client, person, **filled_in())

    assert Consent.objects.get().given_at == Act.objects.get().recorded_at


def test_the_switch_on_opens_a_form_that_says_yes(client, person, sign_in):
    answer(person, "REFUSED")
    sign_in(SALES)

    opened, corrected = (
        client.get(person.get_absolute_url(), query).context["form"]
        for query in ({"edit": "EMARKETING", "on": "1"}, {"edit": "EMARKETING"})
    )

    assert [opened[name].value() for name in ("basis", "source", "given_date")] == ["61A", "USER", None]
    assert [corrected[name].value() for name in ("basis", "source")] == ["REFUSED", "EMAIL"]


def test_a_marketer_records_stops_and_nothing_else(client, person, sign_in):
    sign_in(MARKETER)

    refused = send_consent(client, person, **filled_in())
    send_consent(client, person, **filled_in(basis="OBJECTED"))

    assert (list(refused.context["form"].errors), standing(person)) == (["basis"], "OBJECTED")


def test_a_reader_changes_nothing(client, person, sign_in):
    sign_in(READER)
    subscription = reverse("persons:record_subscription", args=[person.pk, "NEWS"])
    flag = reverse("persons:no_mailings", args=[person.pk])

    refusals = [send_consent(client, person, on="0"), client.post(subscription, {"on": "0"}), client.post(flag)]

    assert [response.status_code for response in refusals] == [403, 403, 403]
    assert not Act.objects.exists()


def test_a_reader_is_offered_nothing_to_change(client, person, sign_in):
    sign_in(READER)

    text = client.get(person.get_absolute_url()).text

    assert "?edit=" not in text
    assert text.count('role="switch"') == text.count("disabled>")


# ---- subscriptions and flags


def test_a_subscription_is_ended_at_once(client, person, sign_in):
    sign_in(MARKETER)

    client.post(reverse("persons:record_subscription", args=[person.pk, "NEWS"]), {"on": "0"})

    assert Subscription.objects.values_list("type", "is_active").get() == ("NEWS", False)


def test_a_subscription_begins_with_proof(client, person, sign_in):
    sign_in(SALES)
    url = reverse("persons:record_subscription", args=[person.pk, "NEWS"])

    refused = client.post(url, {"source": "CHAT", "comment": ""})
    client.post(url, {"source": "CHAT", "comment": PROOF})

    assert "comment" in refused.context["form"].errors
    assert Subscription.objects.values_list("type", "is_active", "source").get() == ("NEWS", True, "CHAT")


def test_a_marketer_cannot_begin_a_subscription(client, person, sign_in):
    sign_in(MARKETER)

    url = reverse("persons:record_subscription", args=[person.pk, "NEWS"])

    assert client.post(url, {"source": "CHAT", "comment": PROOF}).status_code == 403


def test_flags_are_switched_both_ways(client, person, sign_in):
    sign_in(SWITCHER)

    for name, route in (("no_mailings", "persons:no_mailings"), ("former_employee", "persons:former_employee")):
        client.post(reverse(route, args=[person.pk]), {"on": "1"})
        person.refresh_from_db()
        assert getattr(person, name)
        client.post(reverse(route, args=[person.pk]), {"on": "0"})
        person.refresh_from_db()
        assert not getattr(person, name)


def test_the_switch_of_a_type_says_whether_its_mail_would_come(client, person, sign_in):
    sign_in(READER)
    answer(person, "61A")
    ended = ledger.subscription(is_active=False, person_id=person.pk, type_id="NEWS", source_id="EMAIL")
    ledger.record(ended, by=ledger.Recorder(door=Door.LINK))

    rows = client.get(person.get_absolute_url()).context["subscriptions"]

    assert {row.type.pk: row.is_on for row in rows} == {
        "INVITATIONS": True,
        "NEWS": False,
        "PROMOTIONS": True,
        "URGENT": True,
    }


# ---- what the page shows


def test_every_active_purpose_has_a_row_also_those_never_asked(client, person, sign_in):
    sign_in(READER)
    answer(person, "61F", purpose="STORE")

    rows = client.get(person.get_absolute_url()).context["purposes"]

    assert [(row.purpose.pk, row.state) for row in rows] == [("STORE", "ON"), ("EMARKETING", "Never asked")]


def test_off_by_a_stop_and_off_because_it_ran_out_look_different(client, person, sign_in):
    sign_in(READER)
    answer(person, "REFUSED")
    other = PersonFactory()
    ran_out = timezone.now() - timedelta(days=1)
    expired = ledger.Answer(
        person_id=other.pk,
        purpose_id="EMARKETING",
        basis_id="61A",
        source_id="CHAT",
        given_at=ran_out - timedelta(days=9),
        valid_until=ran_out,
        comment=PROOF,
    )
    ledger.record(expired, by=ledger.Recorder(door=Door.PAGE))

    states = [client.get(somebody.get_absolute_url()).context["purposes"][1] for somebody in (person, other)]

    assert [(row.sign, row.state) for row in states] == [("stop", "Refused"), ("expired", "Expired")]


def test_the_head_gives_the_plain_answer(client, person, sign_in):
    sign_in(READER)
    answer(person, "WITHDRAWN", door=Door.LINK)

    context = client.get(person.get_absolute_url()).context

    assert not context["explanation"].allowed
    assert context["explanation"].sentence in client.get(person.get_absolute_url()).text


def choose(person, key, is_active):
    chosen = ledger.subscription(
        is_active=is_active,
        person_id=person.pk,
        type_id=key,
        source_id="EMAIL",
        given_at=timezone.now(),
        comment=PROOF,
    )
    ledger.record(chosen, by=ledger.Recorder(door=Door.PAGE))


@pytest.mark.parametrize(
    ("basis", "chosen", "is_allowed", "words"),
    [
        ("61A", {}, True, "Yes"),
        ("61A", {"NEWS": False}, True, "; not News"),
        (None, {"NEWS": True}, True, "News only"),
        (None, {"NEWS": True, "URGENT": True}, True, "News, Urgent messages only"),
        (None, {"NEWS": False}, False, "No"),
        ("WITHDRAWN", {"NEWS": True}, False, "No"),
        (None, {}, False, "No"),
    ],
)
def test_the_plain_answer_names_the_types_that_differ(client, person, sign_in, basis, chosen, is_allowed, words):
    sign_in(READER)
    if basis:
        answer(person, basis)
    for key, is_active in chosen.items():
        choose(person, key, is_active)

    explanation = client.get(person.get_absolute_url()).context["explanation"]

    assert (explanation.allowed, words in explanation.sentence) == (is_allowed, True)


def test_history_holds_every_event_the_newest_first(client, person, sign_in):
    sign_in(READER)
    answer(person, "61A")
    answer(person, "WITHDRAWN", door=Door.LINK, given_at=timezone.now())
    answer(person, "61F", given_at=timezone.now() - timedelta(days=99))

    response = client.get(reverse("persons:history", args=[person.pk]))

    assert [(event.basis_after_id, event.is_late) for event in response.context["events"]] == [
        ("61F", True),
        ("WITHDRAWN", False),
        ("61A", False),
    ]
    assert "Late: kept, but an answer given later stands" in response.text


def test_history_shows_what_stood_on_a_day(client, person, sign_in):
    sign_in(READER)
    url = reverse("persons:history", args=[person.pk])
    answer(person, "61A")
    answer(person, "61F", given_at=timezone.now() - timedelta(days=99))
    today, yesterday = timezone.localdate(), timezone.localdate() - timedelta(days=1)

    then, now, ahead = (client.get(url, {"as_of": day.isoformat()}).context for day in (yesterday, today, date.max))

    assert (then["then"].answers, verdicts(then)) == ([], {None: False, "NEWS": False})
    assert "EMARKETING" in [purpose.pk for purpose in then["then"].never_asked]
    for context in (now, ahead):
        assert [event.basis_after_id for event in context["then"].answers] == ["61A"]
        assert verdicts(context) == {None: True, "NEWS": True}


def verdicts(context):
    """What was allowed then, without a type and for the one about news."""
    found = {type_ and type_.pk: explanation.allowed for type_, explanation in context["then"].verdicts}
    return {key: found[key] for key in (None, "NEWS")}


def test_an_unreadable_day_is_refused_at_its_field(client, person, sign_in):
    sign_in(READER)
    answer(person, "61A")

    context = client.get(reverse("persons:history", args=[person.pk]), {"as_of": "soon"}).context

    assert context["form"].errors == {"as_of": ["Enter a valid date."]}


def test_evidence_is_kept_not_opened(client, person, sign_in):
    sign_in(SALES)
    send_consent(client, person, **filled_in(file=letter("Søknad.pdf")))
    event = ConsentEvent.objects.get()

    response = client.get(reverse("persons:evidence", args=[person.pk, event.pk]))

    assert response.headers["Content-Disposition"] == "attachment; filename*=utf-8''S%C3%B8knad.pdf"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert b"".join(response.streaming_content) == letter().read()
    assert "knad" not in event.evidence.file.name
    assert client.get(reverse("persons:evidence", args=[PersonFactory().pk, event.pk])).status_code == 404


def test_the_page_costs_the_same_for_one_answer_and_for_three(
    client, person, sign_in, django_assert_num_queries, django_assert_max_num_queries
):
    sign_in(SALES)
    for number in range(2):
        purpose = Purpose.objects.create(key=f"P{number}", name="Purpose")
        purpose.accepted_bases.set(LegalBasis.objects.filter(pk="61F"))
    answer(person, "61F", purpose="STORE")
    with django_assert_max_num_queries(30) as one:
        client.get(person.get_absolute_url())
    for key in ("P0", "P1"):
        answer(person, "61F", purpose=key)

    with django_assert_num_queries(len(one)):
        client.get(person.get_absolute_url())


def test_history_costs_the_same_for_one_event_and_for_three(
    client, person, sign_in, django_assert_num_queries, django_assert_max_num_queries
):
    sign_in(READER)
    url = reverse("persons:history", args=[person.pk])
    answer(person, "61A")
    with django_assert_max_num_queries(30) as one:
        client.get(url)
    answer(person, "WITHDRAWN", given_at=timezone.now())
    answer(person, "61F", given_at=timezone.now() - timedelta(days=99))

    with django_assert_num_queries(len(one)):
        client.get(url)


# ---- the list


ASKED_FOR = [
    {},
    {"q": "kari", "emarketing": "never", "subscription": "", "missing": "STORE", "no_mailings": "no"},
    {"verdict": "no_consent", "sort": "company"},
]


@pytest.mark.parametrize("asked", ASKED_FOR)
def test_the_list_costs_the_same_for_one_person_and_for_three(
    client, sign_in, asked, django_assert_num_queries, django_assert_max_num_queries
):
    sign_in(READER)
    PersonFactory(company=CompanyFactory())
    with django_assert_max_num_queries(16) as one:
        client.get(reverse("persons:list"), asked)
    PersonFactory(company=CompanyFactory())
    PersonFactory(company=CompanyFactory())

    with django_assert_num_queries(len(one)):
        client.get(reverse("persons:list"), asked)


@pytest.mark.parametrize("query", ["nordmann", "KARI nord", "kari@nordmann.example", "fjord"])
def test_search_finds_by_name_address_and_company(client, sign_in, query):
    sign_in(READER)
    found = PersonFactory(
        first_name="Kari",
        last_name="Nordmann",
        email="kari@nordmann.example",
        company=CompanyFactory(name="Fjordkraft"),
    )
    PersonFactory(first_name="Ola", last_name="Hansen", email="ola@example.com")

    rows = client.get(reverse("persons:list"), {"q": query}).context["rows"]

    assert [person for person, _cells in rows] == [found]


def test_a_search_keeps_what_the_list_was_narrowed_to(client, sign_in):
    sign_in(READER)
    PersonFactory()

    text = client.get(reverse("persons:list"), {"on": "STORE", "missing": "EMARKETING", "sort": "company"}).text

    assert '<input type="hidden" name="on" value="STORE" id="id_on">' in text
    assert '<option value="EMARKETING" selected>' in text
    assert '<input type="hidden" name="sort" value="company">' in text


def test_each_filter_in_force_is_a_chip_that_takes_it_away(client, sign_in):
    sign_in(READER)
    PersonFactory(country="Norway")
    asked = {"q": "kari", "country": "Norway", "emarketing": "never", "after": "1"}

    chips = client.get(reverse("persons:list"), asked).context["filters"]

    assert [(str(chip["label"]), chip["words"], chip["url"]) for chip in chips] == [
        ("E-marketing", "Never asked", "/persons/?q=kari&country=Norway"),
        ("Country", "Norway", "/persons/?q=kari&emarketing=never"),
    ]


@pytest.mark.parametrize(("order", "names"), [("name", "AB"), ("company", "BA"), ("changed", "BA"), ("nonsense", "AB")])
def test_the_list_is_sorted_as_asked(client, sign_in, order, names):
    sign_in(READER)
    PersonFactory(last_name="A", company=CompanyFactory(name="Zeta"))
    PersonFactory(last_name="B", company=CompanyFactory(name="Acme"))

    rows = client.get(reverse("persons:list"), {"sort": order}).context["rows"]

    assert "".join(person.last_name for person, _cells in rows) == names


def test_a_page_of_the_list_leads_to_the_next_with_the_same_filters(client, sign_in, monkeypatch):
    monkeypatch.setattr(lists, "PAGE_SIZE", 1)
    sign_in(READER)
    first, second = PersonFactory(last_name="A", country="Norway"), PersonFactory(last_name="B", country="Norway")
    PersonFactory(last_name="C")

    page = client.get(reverse("persons:list"), {"country": "Norway"}).context
    following = client.get(page["next_url"]).context

    assert [row[0] for row in page["rows"]] == [first]
    assert [row[0] for row in following["rows"]] == [second]
    assert (following["next_url"], following["previous_url"]) == (None, f"/persons/?country=Norway&before={second.pk}")


def test_a_filter_that_makes_no_sense_says_so_at_its_field(client, sign_in):
    sign_in(READER)
    PersonFactory()

    response = client.get(reverse("persons:list"), {"emarketing": "maybe"})

    assert (response.status_code, response.context["rows"]) == (200, [])
    assert "Select a valid choice" in response.text


def test_nobody_found_says_what_to_do(client, sign_in):
    sign_in(READER)

    assert "Nobody matches this search." in client.get(reverse("persons:list"), {"q": "zzz"}).text


def test_an_empty_list_says_what_to_do_first(client, sign_in):
    sign_in(READER)

    assert "There are no persons yet." in client.get(reverse("persons:list")).text
