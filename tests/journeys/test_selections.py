from playwright.sync_api import expect

from persons.models import Selection
from tests.factories import PersonFactory, UserFactory


def test_persons_are_chosen_kept_in_a_selection_and_taken_out_by_keyboard_alone(
    site, page, signed_in, assert_fit_to_use
):
    signed_in(UserFactory(role="Sales"))
    for name in ["Kari", "Ola", "Per"]:
        PersonFactory(first_name=name, last_name="Nordmann", country="Norway")

    page.goto(f"{site}/persons/")
    page.get_by_text("Columns", exact=True).press("Enter")
    page.get_by_label("Can receive e-marketing").last.press("Space")
    page.get_by_role("button", name="Show these").press("Enter")
    expect(page.get_by_role("columnheader", name="Can receive e-marketing")).to_be_visible()
    page.get_by_label("Check Kari Nordmann").press("Space")
    page.get_by_label("Check Ola Nordmann").press("Space")
    expect(page.get_by_label("Only rows that are checked (2)")).to_be_checked()
    assert_fit_to_use(page)
    page.get_by_role("button", name="Add to selection").press("Enter")
    page.get_by_label("Name").fill("Call in May")
    assert_fit_to_use(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The selection Call in May was made.")
    assert_fit_to_use(page)

    page.get_by_label("Check all on this page").press("Space")
    page.get_by_label("Check Kari Nordmann").press("Space")
    page.get_by_role("button", name="Remove from this selection").press("Enter")
    assert_fit_to_use(page)
    page.get_by_role("button", name="Take them out").press("Enter")
    expect(page.get_by_role("link", name="Kari Nordmann")).to_be_visible()
    expect(page.get_by_role("link", name="Ola Nordmann")).to_have_count(0)

    page.goto(f"{site}/persons/?country=Norway")
    page.get_by_role("button", name="Add to selection").press("Enter")
    expect(page.get_by_label("Name")).to_have_value("Country: Norway")
    page.get_by_label("Name").press("Enter")
    page.get_by_role("link", name="Combine").press("Enter")
    page.get_by_label("The other selection").select_option("Call in May")
    page.get_by_label("who are not in the other").press("Space")
    page.get_by_label("Name of the new selection").fill("The others")
    assert_fit_to_use(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 persons, last counted")).to_be_visible()

    page.get_by_role("link", name="Delete").press("Enter")
    assert_fit_to_use(page)
    page.get_by_role("button", name="Delete the selection").press("Enter")
    expect(page.get_by_role("link", name="Call in May")).to_be_visible()
    assert_fit_to_use(page)
    assert Selection.objects.count() == 2
