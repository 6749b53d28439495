"""Finding, adding and changing persons and companies, and taking back what was recorded, in the browser."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from persons import ledger
from persons.models import Consent, Door
from tests.factories import CompanyFactory, PersonFactory, UserFactory

PROOF = "Said so on the phone."


@pytest.fixture
def kari(site):
    company = CompanyFactory(name="Blåbær AS", city="Bergen", country="Norway")
    return PersonFactory(
        first_name="Kari", last_name="Nordmann", email="kari@old.example.com", company=company, country="Norway"
    )


def record(person, basis, user=None):
    given = ledger.Answer(
        person_id=person.pk,
        purpose_id="EMARKETING",
        basis_id=basis,
        source_id="CHAT",
        given_at=timezone.now() - timedelta(days=30),
        comment=PROOF,
    )
    ledger.record(given, by=ledger.Recorder(door=Door.PAGE, user=user))


def test_persons_are_found_by_filters_that_can_be_taken_away_again(site, page, kari, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Sales"))
    record(kari, "WITHDRAWN")
    PersonFactory(first_name="Ola", last_name="Hansen", country="Sweden")

    page.goto(f"{site}/persons/")
    page.get_by_label("Name, e-mail, company or phone").fill("BLABAER")
    filters = page.get_by_role("search", name="Persons")
    filters.get_by_label("E-marketing", exact=True).select_option("OFF, the person said no")
    page.get_by_text("More filters").click()
    filters.get_by_label("Country").select_option("Norway")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page).to_have_url(f"{site}/persons/?q=BLABAER&emarketing=withdrawn&country=Norway")
    assert_fit_to_use(page)
    page.get_by_role("link", name="Remove the filter Country: Norway").click()
    expect(page).to_have_url(f"{site}/persons/?q=BLABAER&emarketing=withdrawn")
    page.get_by_role("link", name="Remove the filter E-marketing").click()
    expect(page).to_have_url(f"{site}/persons/?q=BLABAER")
    page.get_by_role("link", name="Company", exact=True).click()
    expect(page.get_by_role("columnheader", name="Company")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("link", name="Kari Nordmann").click()

    expect(page.get_by_role("heading", name="Kari Nordmann")).to_be_visible()


def test_a_person_is_added_at_a_new_company(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Sales"))

    page.goto(f"{site}/persons/")
    assert_fit_to_use(page)
    page.get_by_role("link", name="New person").click()
    assert_fit_to_use(page)
    page.get_by_label("First name").fill("Åse")
    page.get_by_label("E-mail address").fill("ase@example.com")
    page.get_by_label("Company").fill("Fjordkraft")
    page.get_by_label("Legal basis").select_option("Consent")
    page.get_by_role("button", name="Add person").click()
    expect(page.get_by_text("This needs proof")).to_be_visible()
    expect(page.get_by_label("Comment")).to_be_focused()
    assert_fit_to_use(page)
    page.get_by_label("Comment").fill(PROOF)
    page.get_by_role("button", name="Add person").click()
    expect(page.get_by_role("status")).to_contain_text("Åse was added.")
    expect(page.get_by_text("Legal basis: Consent (Created by user)")).to_be_visible()
    page.get_by_role("link", name="Fjordkraft").click()

    expect(page.get_by_role("link", name="Åse")).to_be_visible()


def test_the_field_for_a_company_suggests_those_that_are_there(site, page, kari, signed_in):
    signed_in(UserFactory(role="Sales"))

    page.goto(f"{site}/persons/new/")
    page.get_by_label("Company").press_sequentially("blab")

    expect(page.locator("#companies option")).to_have_attribute("value", "Blåbær AS")


def test_a_company_s_page_keeps_everybody_out_of_mailings(site, page, kari, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Sales"))

    page.goto(f"{site}{kari.company.get_absolute_url()}")
    assert_fit_to_use(page)
    page.get_by_role("switch", name="No mailings").click()
    expect(page.get_by_role("status")).to_contain_text("No mailings is now ON for everybody at Blåbær AS.")
    page.get_by_role("link", name="Edit company").click()
    assert_fit_to_use(page)
    page.get_by_label("Name").fill("Bringebær AS")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Bringebær AS")).to_be_visible()
    page.get_by_role("link", name="New person").click()

    expect(page.get_by_label("Company")).to_have_value("Bringebær AS")


def test_a_new_company_says_whom_to_add_first(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Sales"))

    page.goto(f"{site}/persons/")
    page.get_by_role("link", name="New company").click()
    assert_fit_to_use(page)
    page.get_by_label("Name").fill("Acme")
    page.get_by_role("button", name="Add company").click()

    expect(page.get_by_text("Nobody works here yet.")).to_be_visible()
    assert_fit_to_use(page)


def test_a_changed_address_marks_the_answers_given_for_the_old_one(site, page, kari, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Sales"))
    record(kari, "WITHDRAWN")

    page.goto(f"{site}{kari.get_absolute_url()}")
    page.get_by_role("link", name="Edit person").click()
    assert_fit_to_use(page)
    page.get_by_label("E-mail address").fill("kari@new.example.com")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("status")).to_contain_text("The old address is blocked")
    expect(page.get_by_role("row", name="E-marketing")).to_contain_text("Given for another address")
    assert_fit_to_use(page)
    page.get_by_role("link", name="History").click()
    expect(page.get_by_text("Given for another address")).to_be_visible()
    assert_fit_to_use(page)


def test_two_browsers_on_one_person_lose_nothing(site, page, context, kari, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Sales"))
    other = context.new_page()
    for browser in (page, other):
        browser.goto(f"{site}/persons/{kari.pk}/edit/")
    other.get_by_label("City").fill("Oslo")
    other.get_by_role("button", name="Save").click()
    expect(other.get_by_role("status")).to_contain_text("Kari Nordmann was saved.")

    page.get_by_label("City").fill("Bergen")
    page.get_by_label("Job title").fill("Baker")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Somebody changed this to “Oslo” while the form was open.")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Kari Nordmann was saved.")
    kari.refresh_from_db()
    assert (kari.city, kari.title) == ("Bergen", "Baker")

    for browser in (page, other):
        browser.goto(f"{site}/persons/{kari.pk}/?edit=EMARKETING")
    record(kari, "WITHDRAWN")
    page.get_by_label("Legal basis").select_option("61A")
    page.get_by_label("Comment").fill("She told me at the fair.")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("While this was open, something else was recorded: Withdrawn (Chat)")).to_be_visible()
    expect(page.get_by_label("Comment")).to_have_value("She told me at the fair.")
    assert_fit_to_use(page)


def test_what_was_just_recorded_is_undone_from_the_message(site, page, kari, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Sales"))
    record(kari, "61A")

    page.goto(f"{site}{kari.get_absolute_url()}")
    page.get_by_role("switch", name="E-marketing").click()
    expect(page.get_by_role("status")).to_contain_text("E-marketing is now OFF for Kari Nordmann (Withdrawn).")
    assert_fit_to_use(page)
    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_role("status")).to_contain_text("Undone: E-marketing of Kari Nordmann is as it was before.")
    expect(page.get_by_role("switch", name="E-marketing")).to_have_attribute("aria-checked", "true")


def test_a_privacy_admin_takes_back_an_answer_recorded_by_mistake(site, page, kari, signed_in, assert_fit_to_use):
    record(kari, "WITHDRAWN", UserFactory(role="Sales"))
    signed_in(UserFactory(role="Privacy admin"))

    page.goto(f"{site}{kari.get_absolute_url()}history/")
    assert_fit_to_use(page)
    page.get_by_role("link", name="Recorded by mistake").click()
    expect(page.get_by_role("heading", name="Recorded by mistake")).to_be_focused()
    assert_fit_to_use(page)
    page.get_by_label("Why was it recorded by mistake?").fill("It was another Kari.")
    page.get_by_role("button", name="Take it back").click()

    expect(page.get_by_role("status")).to_contain_text("Undone: E-marketing of Kari Nordmann is as it was before.")
    assert not Consent.objects.exists()


def test_two_entries_of_one_person_are_merged(site, page, kari, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Sales"))
    double = PersonFactory(first_name="Kari", last_name="Nordmann", email="kari@example.com", phone="22 33 44 55")
    record(kari, "61A")
    record(double, "WITHDRAWN")

    page.goto(f"{site}/persons/{kari.pk}/")
    page.get_by_text("More", exact=True).click()
    assert_fit_to_use(page)
    page.get_by_role("link", name="Merge with another person").click()
    expect(page.get_by_role("heading", name="Same name or same address")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("link", name="Choose Kari Nordmann (kari@example.com)").click()
    expect(page.get_by_role("row", name="E-marketing")).to_contain_text("Withdrawn")
    assert_fit_to_use(page)
    page.get_by_role("button", name="Merge").click()

    expect(page.get_by_role("status")).to_contain_text("Kari Nordmann (kari@example.com) was merged into Kari Nordmann")
    expect(page.get_by_text("Can receive e-marketing: No")).to_be_visible()
    page.goto(f"{site}/persons/{double.pk}/history/")
    expect(page.get_by_role("heading", name="Kari Nordmann")).to_be_visible()
    expect(page.get_by_text("who was merged into this person")).to_have_count(2)
    assert_fit_to_use(page)
