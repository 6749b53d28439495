import pytest
from playwright.sync_api import expect

from persons import bulk, operations, tasks
from persons.models import Consent, Operation, Person
from tests.factories import PersonFactory, UserFactory


@pytest.fixture
def begun(monkeypatch):
    """Operations wait, as if no worker were there, until the test does them."""
    monkeypatch.setattr(tasks, "put_operation_to_work", lambda operation: None)
    return lambda: operations.go_on_with(Operation.objects.latest("pk"))


@pytest.mark.slow
def test_a_bulk_update_is_foreseen_done_and_undone_by_keyboard_alone(site, page, signed_in, begun, assert_fit_to_use):
    signed_in(UserFactory(role="Sales"))
    PersonFactory(first_name="Kari", last_name="Nordmann")
    PersonFactory(first_name="Ola", last_name="Nordmann")

    page.goto(f"{site}/persons/")
    page.get_by_role("button", name="Bulk update").press("Enter")
    assert_fit_to_use(page)
    page.get_by_role("link", name="E-marketing").press("Enter")
    page.get_by_label("Legal basis").select_option("61A")
    assert_fit_to_use(page)
    page.get_by_role("button", name="Check").press("Enter")
    expect(page.get_by_text("This legal basis needs proof")).to_be_visible()
    expect(page.get_by_label("Comment")).to_be_focused()
    page.keyboard.type("Said so at the trade fair.")
    page.get_by_role("button", name="Check").press("Enter")
    expect(page.get_by_role("row", name="Would change 2")).to_be_visible()
    assert_fit_to_use(page)

    page.get_by_role("button", name="Update 2 persons").press("Enter")
    expect(page.get_by_text("It waits for the worker.")).to_be_visible()
    operation = Operation.objects.get()
    bulk.begin(operation, 0)
    Operation.objects.update(state="running", done=1)
    expect(page.get_by_role("progressbar", name="Recording")).to_have_attribute("value", "1")
    assert_fit_to_use(page)
    begun()
    expect(page.get_by_role("heading", name="What came of it")).to_be_visible()
    page.get_by_role("row", name="Changed 2").get_by_role("link").press("Enter")
    expect(page.get_by_role("link", name="Kari Nordmann")).to_be_visible()
    assert Consent.objects.count() == Person.objects.count()

    page.get_by_role("link", name="Operations").press("Enter")
    assert_fit_to_use(page)
    page.get_by_role("link", name="E-marketing: Consent").press("Enter")
    page.get_by_role("link", name="Undo").press("Enter")
    assert_fit_to_use(page)
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_text("It waits for the worker.")).to_be_visible()
    begun()
    expect(page.get_by_role("heading", name="What came of it")).to_be_visible()
    assert not Consent.objects.exists()
