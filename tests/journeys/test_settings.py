"""Settings, as a privacy admin uses them."""

from playwright.sync_api import expect

from consent_crm.models import Retention
from tests.factories import UserFactory


def test_sending_and_retention_are_set(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Privacy admin"))

    page.goto(site)
    page.get_by_role("link", name="Settings").first.click()
    assert_fit_to_use(page)
    page.get_by_label("Allowed senders").fill("nobody at all")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("“nobody at all” is neither an e-mail address nor a domain.")).to_be_visible()
    expect(page.get_by_label("Allowed senders")).to_be_focused()
    page.get_by_label("Allowed senders").fill("example.com")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("The settings are saved.")

    page.get_by_role("link", name="Retention").click()
    assert_fit_to_use(page)
    page.get_by_label("Words of mail servers, in months").fill("12")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("The settings are saved.")
    assert Retention.current().server_answer_months == 12
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("rowheader", name="Words of mail servers, in months")).to_be_visible()
    assert_fit_to_use(page)
