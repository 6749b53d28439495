from playwright.sync_api import expect

from tests.factories import PersonFactory, UserFactory


def test_the_api_can_be_read_and_tried_on_its_page(site, page, signed_in):
    signed_in(UserFactory(rights=["persons.view_person"]))
    PersonFactory(email="kari@example.com")

    page.goto(f"{site}/api/")
    page.get_by_role("button", name="/api/check/").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.locator("textarea").first.fill('{"address": "kari@example.com"}')
    page.get_by_role("button", name="Execute").click()

    expect(page.get_by_text('"no_consent"').first).to_be_visible()
