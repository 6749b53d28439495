from playwright.sync_api import expect

from persons import deliverability
from tests.factories import PersonFactory, UserFactory


def test_a_blocked_address_is_looked_into_and_written_to_again(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Sales"))
    kari = PersonFactory()
    words = "smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try double-checking"
    deliverability.failed({bytes(kari.address_hash): words})
    deliverability.bounced(bytes(PersonFactory().address_hash), "452 4.2.2 mailbox full", in_a_row=5)

    page.goto(f"{site}/persons/")
    page.get_by_role("link", name="Blocked addresses").click()
    expect(page.get_by_text("does not exist")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("row", name=kari.address).get_by_role("button", name="Write to it again").click()

    expect(page.get_by_text(f"Mail goes to {kari.address} again.")).to_be_visible()
    expect(page.get_by_text("does not exist")).to_have_count(0)
