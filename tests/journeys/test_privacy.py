from playwright.sync_api import expect

from purposes.models import Purpose
from tests.factories import PersonFactory, UserFactory

ADMIN = [
    "purposes.change_purpose",
    "purposes.add_purpose",
    "purposes.change_privacysettings",
    "persons.view_person",
]


def test_the_consent_tab_shows_what_the_settings_mean(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(rights=ADMIN))
    PersonFactory()

    page.goto(f"{site}/privacy/")
    expect(page.get_by_text("ON: 0 of 1 persons with an address can be mailed. OFF: 1.")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_label("Set default legal basis").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Set default legal basis is now OFF")
    page.get_by_role("link", name="1 person", exact=True).first.click()

    expect(page).to_have_url(f"{site}/persons/?missing=STORE")
    expect(page.get_by_role("heading", name="Persons")).to_be_visible()


def test_a_purpose_is_added_changed_and_deactivated(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(rights=ADMIN))

    page.goto(f"{site}/privacy/")
    page.get_by_role("link", name="Add purpose").click()
    assert_fit_to_use(page)
    page.get_by_label("Name").fill("Text messages")
    page.get_by_label("Consent", exact=True).check()
    page.get_by_label("Contract").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("The purpose Text messages is saved.")

    page.get_by_role("link", name="Text messages").click()
    page.get_by_label("Contract").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Contract would be taken off.")).to_be_visible()
    expect(page.get_by_text("0 persons have Text messages ON today.")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_label("Take them off all the same").check()
    page.get_by_role("button", name="Save").click()

    page.get_by_role("switch", name="Text messages is active").click()
    expect(page.get_by_role("heading", name="Deactivate Text messages?")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("button", name="Deactivate").click()
    expect(page.get_by_role("status")).to_contain_text("Text messages is now inactive.")
    page.get_by_role("link", name="Show inactive").click()
    page.get_by_role("switch", name="Text messages is active").click()
    expect(page.get_by_role("status")).to_contain_text("Text messages is now active.")
    purpose = Purpose.objects.get(pk="TEXT_MESSAGES")
    assert list(purpose.accepted_bases.values_list("pk", flat=True)) == ["61A"]


def test_a_built_in_purpose_says_why_it_stays(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(rights=ADMIN))

    page.goto(f"{site}/privacy/")
    page.get_by_role("switch", name="E-marketing is active").click()

    expect(page.get_by_text("This purpose is built in and cannot be deactivated.")).to_be_visible()
    assert_fit_to_use(page)
