import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from mailings import audience
from mailings.models import Recipient
from persons import ledger
from persons.models import Door
from purposes.models import Wording
from tests.factories import CompanyFactory, PersonFactory, UserFactory
from tests.mailings import making

SALES = ["persons.view_person", "persons.change_person", "persons.manage_consent", "persons.record_stop"]
PROOF = "Said so on the phone."


@pytest.fixture
def person(site):
    """Somebody with an answer of every kind."""
    Wording.objects.create(purpose_id="EMARKETING", language="en", number=1, approval_text="Yes, please.")
    person = PersonFactory(first_name="Kari", last_name="Nordmann", company=CompanyFactory(name="Fjordkraft"))
    by = ledger.Recorder(door=Door.PAGE)
    facts = {"person_id": person.pk, "source_id": "CHAT", "given_at": timezone.now() - timedelta(days=30)}
    ledger.record(ledger.Answer(**facts, purpose_id="STORE", basis_id="61F"), by=by)
    ledger.record(ledger.Answer(**facts, purpose_id="EMARKETING", basis_id="61A", comment=PROOF), by=by)
    ledger.record(ledger.subscription(**facts, type_id="NEWS", is_active=False), by=by)
    return person


def test_the_list_leads_to_a_person(site, page, person, signed_in, assert_fit_to_use):
    signed_in(UserFactory(rights=SALES))

    page.goto(f"{site}/persons/")
    assert_fit_to_use(page)
    page.keyboard.press("/")
    expect(page.get_by_label("Name, e-mail, company or phone")).to_be_focused()
    page.keyboard.type("nobody")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nobody matches this search.")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("link", name="Show all persons").first.click()
    page.get_by_role("link", name="Kari Nordmann").click()

    expect(page.get_by_role("heading", name="Kari Nordmann")).to_be_visible()


def test_emarketing_is_switched_off_and_on_again_is_refused_in_a_sentence(
    site, page, person, signed_in, assert_fit_to_use
):
    signed_in(UserFactory(rights=SALES))
    switch = page.get_by_role("switch", name="E-marketing")

    page.goto(f"{site}/persons/{person.pk}/")
    assert_fit_to_use(page)
    expect(page.get_by_text("Can receive e-marketing: Yes")).to_be_visible()
    switch.click()
    expect(page.get_by_role("status")).to_contain_text("E-marketing is now OFF for Kari Nordmann (Withdrawn).")
    expect(page.get_by_text("Can receive e-marketing: No")).to_be_visible()
    expect(switch).to_have_attribute("aria-checked", "false")
    assert_fit_to_use(page)
    switch.click()
    expect(page.get_by_label("Comment")).to_be_focused()
    expect(page.get_by_label("Legal basis")).to_have_value("61A")
    page.get_by_label("Legal basis").select_option("61F")
    expect(page.get_by_text("The person may object;")).to_be_visible()
    page.get_by_label("Legal basis").select_option("61A")
    expect(page.get_by_text("The person may withdraw at any time")).to_be_visible()
    page.get_by_label("Comment").fill(PROOF)
    assert_fit_to_use(page)
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("The person has said no. Only the person can say yes again: send")).to_be_visible()
    expect(page.get_by_label("Legal basis")).to_be_focused()
    assert_fit_to_use(page)


def test_an_answer_is_recorded_with_the_keyboard_alone(site, page, person, signed_in):
    signed_in(UserFactory(rights=SALES))

    page.goto(f"{site}/persons/{person.pk}/")
    page.get_by_role("link", name="Edit Sales and service").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Record an answer on Sales and service")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("Contract")
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("Sales and service is now ON for Kari Nordmann.")
    expect(page.get_by_text("Legal basis: Contract")).to_be_visible()
    expect(page.get_by_role("link", name="Edit Sales and service")).to_be_focused()


def test_a_file_goes_with_the_answer(site, page, person, signed_in):
    signed_in(UserFactory(rights=SALES))

    page.goto(f"{site}/persons/{person.pk}/")
    page.get_by_role("link", name="Edit E-marketing").click()
    page.get_by_label("File as evidence").set_input_files(
        {"name": "signed-form.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 Signed in Bergen. %%EOF"}
    )
    page.get_by_role("button", name="Save").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="signed-form.pdf").click()

    assert download.value.path().read_bytes() == b"%PDF-1.4 Signed in Bergen. %%EOF"


def test_a_form_that_was_cancelled_is_gone(site, page, person, signed_in):
    signed_in(UserFactory(rights=SALES))

    page.goto(f"{site}/persons/{person.pk}/?edit=EMARKETING")
    page.get_by_role("link", name="Cancel").click()

    expect(page).to_have_url(f"{site}/persons/{person.pk}/")
    expect(page.get_by_label("Legal basis")).to_have_count(0)


def test_the_back_button_brings_back_what_was_there(site, page, person, signed_in):
    signed_in(UserFactory(rights=SALES))

    page.goto(f"{site}/persons/")
    page.get_by_role("link", name="Kari Nordmann").click()
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("columnheader", name="From → to")).to_be_visible()
    page.go_back()

    expect(page.get_by_role("columnheader", name="Legal basis")).to_be_visible()
    expect(page).to_have_title(re.compile("Kari Nordmann"))
    assert "Nordmann" not in page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")


def test_history_is_fit_to_use(site, page, person, signed_in, assert_fit_to_use):
    signed_in(UserFactory(rights=SALES))

    page.goto(f"{site}/persons/{person.pk}/history/")

    expect(page.get_by_text("Subscription: News")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_label("What stood on").fill(timezone.localdate().isoformat())
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="As of")).to_be_visible()
    assert_fit_to_use(page)


def test_the_mailings_of_a_person_lead_to_the_answers_they_rested_on(site, page, person, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Sales"))
    audience.build(making.mailing(type_id=None))
    Recipient.objects.update(state="sent", claim=1, claimed_at=timezone.now(), code="consent")
    Recipient.objects.update(event=person.consents.get(purpose="EMARKETING").event)

    page.goto(f"{site}/persons/{person.pk}/")
    page.get_by_role("link", name="Mailings").last.click()
    expect(page.get_by_role("row", name="October news")).to_contain_text("Sent")
    assert_fit_to_use(page)
    page.get_by_role("link", name="Show the answer").click()

    expect(page.get_by_role("row", name="E-marketing")).to_contain_text("Relied on by October news")


def test_e_marketing_is_switched_on_from_the_list_by_three_clicks_and_one_field(site, page, signed_in):
    signed_in(UserFactory(role="Sales"))
    PersonFactory(first_name="Ola", last_name="Hansen")
    page.goto(f"{site}/persons/")

    page.get_by_role("link", name="Ola Hansen").click()
    page.get_by_role("switch", name="E-marketing").click()
    page.get_by_label("Comment").fill(PROOF)
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("status")).to_contain_text("E-marketing is now ON for Ola Hansen.")


def test_the_person_s_page_works_without_javascript(site, browser, person, signed_in, context):
    signed_in(UserFactory(rights=SALES))
    plain = browser.new_context(java_script_enabled=False, storage_state=context.storage_state())
    page = plain.new_page()

    page.goto(f"{site}/persons/{person.pk}/")
    page.get_by_role("switch", name="News").click()
    page.get_by_label("Comment").fill("too short")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The person has said no.")).to_be_visible()
    page.get_by_role("switch", name="Promotions").click()
    expect(page.get_by_role("status")).to_contain_text("Kari Nordmann no longer receives Promotions.")
    page.get_by_role("link", name="Edit Sales and service").click()
    page.get_by_label("Legal basis").select_option("61B")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("status")).to_contain_text("Sales and service is now ON for Kari Nordmann.")
    plain.close()


def test_when_the_server_fails_the_page_says_that_nothing_was_saved(site, page, person, signed_in):
    signed_in(UserFactory(rights=SALES))

    page.goto(f"{site}/persons/{person.pk}/")
    page.route("**/consents/**", lambda route: route.abort())
    page.get_by_role("switch", name="E-marketing").click()

    expect(page.get_by_role("status")).to_contain_text("Nothing was saved; please reload the page and try again.")
    assert page.expected_complaints
    page.expected_complaints.clear()
