"""Privacy > E-mail and Privacy > Pages, as an administrator uses them."""

import pytest
from playwright.sync_api import expect

from purposes.models import EmailText, PublicPages
from tests.factories import UserFactory

ADMIN = [
    "purposes.change_purpose",
    "purposes.change_emailtemplate",
    "purposes.add_emailtemplate",
    "purposes.change_publicpages",
    "persons.view_person",
]


@pytest.fixture
def admin(signed_in):
    return signed_in(UserFactory(rights=ADMIN))


def test_a_text_is_written_looked_at_and_saved(site, page, admin, assert_fit_to_use):
    page.goto(f"{site}/privacy/")
    page.get_by_role("link", name="E-mail").click()
    assert_fit_to_use(page)
    page.get_by_role("link", name="Preference link").click()
    message = page.frame_locator("iframe[name=preview]")
    expect(message.get_by_role("link", name="your own page")).to_be_visible()
    assert_fit_to_use(page)

    page.get_by_label("Subject").fill("For {{ first_name }}")
    page.get_by_role("button", name="Preview").click()
    expect(message.get_by_text("For Kari")).to_be_visible()
    assert not EmailText.objects.exists()
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("link", name="Svenska").click()
    expect(page.get_by_label("Subject")).to_have_value("For {{ first_name }}")
    page.get_by_label("Subject").fill("For {{ nobody }}")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("There is no merge field “nobody” (line 1, column 5).")).to_be_visible()
    expect(page.get_by_label("Subject")).to_be_focused()
    assert_fit_to_use(page)
    page.get_by_label("Subject").fill("For you")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("The text is saved")

    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("rowheader", name="English: Subject")).to_be_visible()
    assert_fit_to_use(page)


def test_the_public_pages_get_a_colour_that_can_be_read(site, page, admin, assert_fit_to_use):
    page.goto(f"{site}/privacy/pages/")
    sample = page.frame_locator("iframe[name=preview]")
    expect(sample.get_by_role("heading", name="What you receive from us")).to_be_visible()
    assert_fit_to_use(page)

    page.get_by_label("Company name").fill("Nordlys")
    page.get_by_label("Colour on light pages").fill("#ffd700")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Text in this colour would be hard to read")).to_be_visible()
    expect(page.get_by_label("Colour on light pages")).to_be_focused()
    assert_fit_to_use(page)
    page.emulate_media(color_scheme="light")
    page.get_by_label("Colour on light pages").fill("#7a1f5c")
    page.get_by_role("button", name="Preview").click()
    expect(sample.get_by_text("Nordlys")).to_be_visible()
    button = sample.get_by_role("button", name="Yes, I want to receive it")
    expect(button).to_have_css("background-color", "rgb(122, 31, 92)")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    assert PublicPages.current().company_name == "Nordlys"

    page.get_by_role("link", name="English").click()
    page.get_by_label("Heading").fill("Your choice")
    page.get_by_role("button", name="Save").click()
    expect(page.frame_locator("iframe[name=preview]").get_by_role("heading", name="Your choice")).to_be_visible()
    assert_fit_to_use(page)

    page.goto(f"{site}/p/unknown/")
    expect(page.get_by_text("Nordlys")).to_be_visible()
    assert_fit_to_use(page)
