import pytest
from playwright.sync_api import expect

from consent_crm import demo
from tests.factories import UserFactory


@pytest.mark.slow
def test_home_shows_how_things_stand_and_leads_on(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Privacy admin"))
    demo.load(150)

    page.goto(f"{site}/")
    expect(page.get_by_role("heading", name="Who has answered what")).to_be_visible()
    expect(page.get_by_text("Flash sale")).to_be_visible()
    expect(page.get_by_text("Nothing waits for its seal.")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_text("Show as a table").click()
    expect(page.get_by_role("columnheader", name="Month")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("row", name="Text messages").get_by_role("link").first.click()

    expect(page).to_have_url(f"{site}/persons/?standing=SMS%3Aon")


def test_home_of_an_empty_company_is_fit_to_use(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Sales"))

    page.goto(f"{site}/")

    expect(page.get_by_text("There are no persons yet.")).to_be_visible()
    assert_fit_to_use(page)
