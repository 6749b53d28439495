"""The personal data report in the browser."""

import json

from playwright.sync_api import expect

from tests.factories import CompanyFactory, PersonFactory, UserFactory
from tests.mailings.making import agree, started, subscribe, withdraw


def test_sales_reads_what_is_held_about_a_person_and_takes_it_as_a_file(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(role="Sales"))
    kari = PersonFactory(first_name="Kari", last_name="Nordmann", company=CompanyFactory(name="Fjord Works"))
    agree(kari)
    subscribe(kari)
    started()
    withdraw(kari)

    page.goto(f"{site}{kari.get_absolute_url()}")
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Personal data report").click()
    expect(page.get_by_role("heading", name="Personal data of Kari Nordmann")).to_be_visible()
    expect(page.get_by_role("rowheader", name="October news")).to_be_visible()
    assert_fit_to_use(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as JSON").click()

    assert download.value.suggested_filename == f"personal-data-{kari.pk}.json"
    assert json.loads(download.value.path().read_text())["pii_principal"]["company"] == "Fjord Works"
