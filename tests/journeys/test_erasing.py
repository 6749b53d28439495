from playwright.sync_api import expect

from tests.factories import PersonFactory, UserFactory


def test_a_person_is_erased_after_the_name_was_typed(site, page, signed_in, assert_fit_to_use):
    person = PersonFactory(first_name="Kari", last_name="Nordmann", email="kari@example.com")
    PersonFactory(email="kari@example.com")
    signed_in(UserFactory(role="Privacy admin"))

    page.goto(f"{site}/persons/{person.pk}/")
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Erase").click()
    expect(page.get_by_role("heading", name="Erase Kari Nordmann (kari@example.com)?")).to_be_visible()
    expect(page.get_by_text("1 other person has the same address")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_label("Type “Kari Nordmann” to confirm").fill("Kari")
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_text("This is not “Kari Nordmann”. Nobody was erased.")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_label("Type “Kari Nordmann” to confirm").fill("Kari Nordmann")
    page.get_by_role("button", name="Erase for good").click()

    expect(page.get_by_role("status")).to_contain_text("Kari Nordmann was erased.")
    expect(page.get_by_role("heading", name="Erased person")).to_be_visible()
    assert all("410 (Gone)" in complaint for complaint in page.expected_complaints)
    page.expected_complaints.clear()
