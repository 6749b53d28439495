import re

from playwright.sync_api import expect

from tests.factories import PersonFactory, UserFactory

PASSWORD = "a long enough one"


def test_signing_in_leads_to_the_page_asked_for_and_out_again(site, page, assert_fit_to_use):
    user = UserFactory(email="anne@example.com", rights=["persons.view_person"])
    user.set_password(PASSWORD)
    user.save()

    page.goto(f"{site}/persons/")
    assert_fit_to_use(page)
    page.get_by_label("E-mail address").fill("anne@example.com")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text(
        re.compile("This e-mail address and this password do not belong together.")
    )
    assert_fit_to_use(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{site}/persons/")
    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_home_and_the_keyboard(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(rights=["persons.view_person"]))
    PersonFactory(first_name="Åse", last_name="Lund")

    page.goto(site)
    assert_fit_to_use(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("lund")
    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name="Åse Lund")).to_be_visible()


def test_an_unknown_page_says_so(site, page, assert_fit_to_use):
    page.goto(f"{site}/nothing/")

    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    assert_fit_to_use(page)
    assert len(page.expected_complaints) == 1
    page.expected_complaints.clear()
