from playwright.sync_api import expect

from persons.models import PreferenceRequest
from tests.factories import PersonFactory, UserFactory


def test_the_work_list_is_worked_off(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Sales"))
    person = PersonFactory(first_name="Kari", last_name="Nordmann")
    PreferenceRequest.objects.create(person=person, purpose_id="STORE")

    page.goto(f"{site}/")
    expect(page.get_by_text("No legal basis for sales and service")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("link", name="Open the work list").press("Enter")
    assert_fit_to_use(page)
    page.get_by_role("button", name="Seen to: Kari Nordmann").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The request of Kari Nordmann is off the list.")
    page.get_by_role("link", name="Record a legal basis: No legal basis").press("Enter")

    expect(page.get_by_role("heading", name="Bulk update: Sales and service")).to_be_visible()
    assert_fit_to_use(page)


def test_persons_are_exported(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Sales"))
    PersonFactory(first_name="Kari", last_name="Nordmann")

    page.goto(f"{site}/persons/")
    page.get_by_role("button", name="Export").press("Enter")
    assert_fit_to_use(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").press("Enter")

    assert "Nordmann" in download.value.path().read_text(encoding="utf-8-sig")
