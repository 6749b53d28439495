"""The step Recipients: its sources, the bar beside it, and the persons behind each number."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from mailings import audience, listing
from mailings.models import Mailing
from persons import lists
from persons.models import Person, Selection
from purposes.models import PrivacySettings
from tests.factories import CompanyFactory, PersonFactory, UserFactory
from tests.mailings.making import agree, mailing, persons, started, subscribe, withdraw

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client):
    user = UserFactory(role="Marketer")
    client.force_login(user)
    return user


def url(name, made, *more):
    return reverse(f"mailings:{name}", args=[made.pk, *more])


def outcome_of(client, made, **asked):
    return client.get(url("outcome", made), asked).context["outcome"]


def numbers(client, made, **asked):
    found = outcome_of(client, made, **asked)
    return found.let_in, found.held_back, {reason.code.value: reason.number for reason in found.reasons}


# ---- sources


def test_what_is_ticked_is_saved_and_makes_the_list_stale(client, marketer):
    made = mailing(to_everybody=False)
    audience.build(mailing())
    Mailing.objects.update(built_at=made.created_at)
    chosen = Selection.objects.create(name="Customers")

    client.post(url("recipients", made), {"selections": [chosen.pk], "update_at_start": "on"})

    made.refresh_from_db()
    assert (made.to_everybody, list(made.selections.all())) == (False, [chosen])
    assert (made.one_per_address, made.update_at_start, made.built_at) == (False, True, None)


def test_keeping_the_list_as_it_is_does_not_make_it_stale(client, marketer):
    made = mailing()
    audience.build(made)

    client.post(url("recipients", made), {"to_everybody": "on", "one_per_address": "on"})

    made.refresh_from_db()
    assert made.built_at
    assert not made.update_at_start


def test_who_saves_the_sources_second_is_told_what_changed(client, marketer):
    made = mailing(to_everybody=False)
    one, other = (Selection.objects.create(name=name) for name in ("Customers", "Fair"))
    seen = client.get(url("recipients", made)).context["form"]["opened_with"].value()
    made.selections.add(one)

    refused = client.post(url("recipients", made), {"selections": [other.pk], "opened_with": seen})

    assert "Selections is now “Customers”" in refused.context["form"].non_field_errors()[0]
    assert (refused.status_code, list(made.selections.all())) == (422, [one])


def test_a_company_is_added_by_its_name_and_removed(client, marketer):
    made, acme = mailing(to_everybody=False), CompanyFactory(name="Acme")
    agree(PersonFactory(company=acme), PersonFactory())

    client.post(url("add_company", made), {"company_name": "  ACME "})
    assert numbers(client, made)[:2] == (1, 0)
    client.post(url("remove_company", made, acme.pk))

    assert not made.companies.exists()


def test_a_company_that_nobody_knows_is_said(client, marketer):
    made = mailing(to_everybody=False)

    response = client.post(url("add_company", made), {"company_name": "Acme"}, follow=True)

    assert "There is no company of that name." in response.text


PASTED = "Kari <KARI@example.com>; ola@example.com,\n nobody@example.com not-an@address"


@pytest.mark.parametrize("is_file", [False, True])
def test_pasted_addresses_add_those_we_know_and_list_the_others(client, marketer, is_file):
    kari, also_kari = PersonFactory.create_batch(2, email="kari@example.com")
    ola = PersonFactory(email="ola@example.com")
    made = mailing(to_everybody=False)
    made.persons.add(ola)
    sent = {"file": SimpleUploadedFile("list.txt", PASTED.encode())} if is_file else {"addresses": PASTED}

    response = client.post(url("add_persons", made), sent)

    picked = response.context["picked"]
    assert (picked.added, picked.there, picked.unmatched) == (2, 1, ["nobody@example.com", "not-an@address"])
    assert set(made.persons.all()) == {kari, also_kari, ola}
    assert Person.objects.count() == 3


def test_a_workbook_gives_its_addresses(client, marketer):
    made = mailing(to_everybody=False)

    with open("tests/samples/plain-persons.xlsx", "rb") as file:
        response = client.post(url("add_persons", made), {"file": file})

    assert len(response.context["picked"].unmatched) > 50


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"addresses": "Kari and Ola"}, "addresses"),
        ({"file": SimpleUploadedFile("broken.xlsx", b"PK\x03\x04 and no more")}, "file"),
    ],
)
def test_what_holds_no_address_is_refused_at_its_field(client, marketer, sent, field):
    response = client.post(url("add_persons", mailing()), sent)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]


def test_picked_persons_are_removed_one_by_one_or_all_at_once(client, marketer):
    made, people = mailing(to_everybody=False), PersonFactory.create_batch(3)
    made.persons.add(*people)

    client.post(url("remove_person", made, people[0].pk))
    assert made.persons.count() == 2
    client.post(url("remove_persons", made))

    assert made.persons.count() == 0


def test_a_filter_is_chosen_shown_in_words_and_taken_away(client, marketer):
    made = mailing(to_everybody=False)
    agree(PersonFactory(country="Norway"), PersonFactory(country="Sweden"))

    client.post(url("choose_filter", made), {"country": "Norway", "emarketing": "on", "q": ""})

    made.refresh_from_db()
    assert made.filter == {"emarketing": "on", "country": "Norway"}
    assert ("Country", "Norway") in client.get(url("recipients", made)).context["filters"]
    assert numbers(client, made)[0] == 1
    client.post(url("choose_filter", made))
    made.refresh_from_db()
    assert made.filter == {}


def test_a_filter_that_makes_no_sense_is_refused(client, marketer):
    response = client.post(url("choose_filter", mailing()), {"country": "Atlantis"})

    assert response.status_code == 422


def test_all_sources_are_taken_together_and_nobody_twice(client, marketer):
    acme = CompanyFactory()
    one, other, third = PersonFactory(company=acme), PersonFactory(country="Norway", company=acme), PersonFactory()
    agree(one, other, third)
    made = mailing(to_everybody=False, filter={"country": "Norway"})
    made.companies.add(acme)
    made.persons.add(one, third)

    assert numbers(client, made)[:2] == (3, 0)


@pytest.mark.parametrize("name", ["add_company", "add_persons", "remove_persons", "choose_filter", "make_list"])
def test_what_was_started_keeps_its_recipients(client, marketer, name):
    agree(*persons(1))
    CompanyFactory(name="Acme")
    made = started()
    sent = {"company_name": "Acme", "addresses": "kari0@example.com", "q": "Kari"}

    response = client.post(url(name, made), sent, follow=True)

    assert re.search("can no longer be (changed|built)", response.text)
    made.refresh_from_db()
    assert (made.filter, made.companies.count(), made.persons.count()) == ({}, 0, 0)


def test_the_list_of_a_draft_can_be_made_to_stay(client, marketer):
    agree(*persons(2))
    made = mailing(update_at_start=False)

    page = client.post(url("make_list", made), follow=True)
    assert "Making the list of recipients" in page.text
    assert page.context["may_edit"] is False
    listing.make(made.pk)
    persons(1)

    assert re.search("The list was made .* and holds 2 persons.", client.get(url("recipients", made)).text)
    assert numbers(client, made)[:2] == (2, 0)


# ---- the bar


def test_the_bar_tells_who_would_receive_it_and_who_not_and_why(client, marketer):
    on, said_no, subscribed, *_never = persons(5)
    agree(on)
    withdraw(said_no)
    subscribe(subscribed)

    let_in, held_back, codes = numbers(client, mailing())

    assert (let_in, held_back) == (2, 3)
    assert codes == {"consent": 1, "subscription": 1, "no_consent": 2, "withdrawn": 1}
    assert sum(float(part.width) for part in outcome_of(client, mailing()).parts) == 100


def test_what_if_the_filter_were_the_other_way(client, marketer):
    on, said_no, *_never = persons(4)
    agree(on)
    withdraw(said_no)
    made = mailing()

    assert numbers(client, made)[:2] == numbers(client, made, filter="on")[:2] == (1, 3)
    assert numbers(client, made, filter="off")[:2] == (3, 1)
    assert PrivacySettings.current().filter_recipients


def test_one_message_per_address_counts_the_others_as_duplicates(client, marketer):
    agree(*PersonFactory.create_batch(3, email="office@example.com"))

    assert numbers(client, mailing())[2] == {"consent": 1, "duplicate": 2}
    assert numbers(client, mailing(one_per_address=False))[2] == {"consent": 3}


def test_without_a_source_the_bar_says_what_to_do(client, marketer):
    response = client.get(url("outcome", mailing(to_everybody=False)))

    assert "The mailing has no source: choose a selection, or all persons." in response.text


def test_each_number_leads_to_exactly_those_persons(client, marketer):
    on, said_no, subscribed, *_never = persons(6)
    agree(on)
    withdraw(said_no)
    subscribe(subscribed)
    made = mailing()

    for asked in ({}, {"filter": "off"}):
        fragment = client.get(url("outcome", made), asked)
        for reason in fragment.context["outcome"].reasons:
            [link] = re.findall(f'href="([^"]*code={reason.code}[^"]*)"', fragment.text)
            listed = client.get(link.replace("&amp;", "&")).context["rows"]
            assert [row.code for row in listed] == [reason.code] * reason.number


def test_why_opens_the_event_that_decided(client, marketer):
    said_no, never = persons(2)
    withdraw(said_no)
    event = said_no.events.get()

    page = client.get(url("audience", mailing()))

    assert [row.url for row in page.context["rows"]] == [
        f"/persons/{said_no.pk}/history/#event-{event.pk}",
        f"/persons/{never.pk}/",
    ]
    assert f'id="event-{event.pk}"' in client.get(f"/persons/{said_no.pk}/history/").text


def test_after_the_start_the_persons_are_those_of_the_list_by_state(client, marketer):
    agree(*persons(2))
    persons(1)
    made = started()
    made.recipients.filter(person=Person.objects.first()).update(
        state="failed", answer="550 no", claim=1, claimed_at=made.started_at
    )

    rows = {
        state: sorted(
            row.recipient.state for row in client.get(url("audience", made), {"state": state}).context["rows"]
        )
        for state in ("", "failed", "held_back", "held_back_late")
    }

    assert rows == {
        "": ["failed", "held_back", "waiting"],
        "failed": ["failed"],
        "held_back": ["held_back"],
        "held_back_late": [],
    }
    assert "550 no" in client.get(url("audience", made), {"code": "in"}).text


@pytest.mark.parametrize("is_built", [False, True])
def test_the_persons_take_the_same_number_of_queries_however_many_they_are(
    client, marketer, django_assert_num_queries, is_built
):
    for count in (1, 2):
        agree(*persons(count))
        made = started(name=str(count)) if is_built else mailing()
        with django_assert_num_queries(9):
            client.get(url("audience", made))


def test_the_persons_go_on_from_page_to_page(client, marketer, monkeypatch):
    monkeypatch.setattr(lists, "PAGE_SIZE", 2)
    agree(*persons(3))

    first = client.get(url("audience", mailing()))

    assert len(client.get(first.context["next_url"]).context["rows"]) == 1


# ---- override


def test_an_override_takes_its_right_and_says_who_when_and_why(client):
    user = UserFactory(role="Marketer", rights=["mailings.override_consent"])
    client.force_login(user)
    persons(2)
    made = mailing()

    client.post(url("override", made), {"reason": "A recall of a product."})

    made.refresh_from_db()
    assert (made.override_by, made.override_reason, made.override_at is None) == (user, "A recall of a product.", False)
    assert numbers(client, made)[2] == {"override": 2}
    assert "A recall of a product." in client.get(url("recipients", made)).text
    client.post(url("override", made), {"end": "1"})
    made.refresh_from_db()
    assert (made.override_by, made.override_reason) == (None, "")


def test_a_short_reason_is_refused_at_its_field(client):
    client.force_login(UserFactory(role="Marketer", rights=["mailings.override_consent"]))

    response = client.post(url("override", mailing()), {"reason": "Because"})

    assert response.status_code == 422
    assert list(response.context["override"].errors) == ["reason"]


def test_a_marketer_without_the_right_cannot_override(client, marketer):
    made = mailing()

    assert client.post(url("override", made), {"reason": "A recall of a product."}).status_code == 403
    assert "Override consent" not in client.get(url("recipients", made)).text
