from pathlib import Path

import pytest
from playwright.sync_api import expect

from persons.importing import uploading
from persons.models import Person, Upload
from tests.factories import UserFactory

SAMPLE = Path(__file__).parents[1] / "samples" / "hubspot-contacts.csv"
IMPORTER = ["persons.view_person", "persons.import_persons"]


@pytest.mark.slow
def test_a_file_is_checked_given_proof_and_imported(site, page, signed_in, start_worker, assert_fit_to_use):
    signed_in(UserFactory(rights=IMPORTER))

    page.goto(f"{site}/persons/import/")
    assert_fit_to_use(page)
    page.get_by_label("File").set_input_files(SAMPLE)
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("heading", name="What would happen")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_label("Comment").fill("Consents kept in HubSpot since 2019.")
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_text("Comment: Consents kept in HubSpot since 2019.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all as CSV").click()
    assert download.value.path().read_text(encoding="utf-8-sig").startswith("row,code,problem")
    assert not Person.objects.exists()

    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("The file waits for the worker.")).to_be_visible()
    assert_fit_to_use(page)
    start_worker()
    expect(page.get_by_role("heading", name="What was imported")).to_be_visible(timeout=30_000)
    assert_fit_to_use(page)
    page.get_by_role("link", name="Import persons").click()

    expect(page.get_by_role("link", name="hubspot-contacts.csv")).to_be_visible()
    assert_fit_to_use(page)
    assert Person.objects.count() == Upload.objects.get().found["created"]


def test_the_progress_is_shown_and_the_work_called_off(site, page, signed_in, assert_fit_to_use):
    user = signed_in(UserFactory(rights=IMPORTER))
    with SAMPLE.open("rb") as file:
        upload = uploading.receive(uploading.File(file, "contacts.csv"), uploading.Options(), by=user)
    uploading.check_at_once(upload)
    uploading.start(upload)
    uploading._begin(upload, 0)
    Upload.objects.update(total=4, done=1)

    page.goto(f"{site}{upload.get_absolute_url()}")
    expect(page.get_by_role("progressbar", name="Importing")).to_be_visible()
    expect(page.get_by_text("rows a second")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("button", name="Stop the import").focus()
    Upload.objects.update(done=2)
    expect(page.get_by_role("progressbar")).to_have_attribute("value", str(upload.found["rows"] // 2))
    expect(page.get_by_role("button", name="Stop the import")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("The import was called off.")
    assert Upload.objects.get().state == Upload.State.CANCELLED


def test_a_bad_file_is_refused_at_its_field(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(rights=IMPORTER))

    page.goto(f"{site}/persons/import/")
    page.get_by_label("File").set_input_files({"name": "photo.csv", "mimeType": "text/csv", "buffer": b"\x89PNG\r\n"})
    page.get_by_role("button", name="Check the file").click()

    expect(page.get_by_text("This is no table but a PNG file.")).to_be_visible()
    expect(page.get_by_label("File")).to_be_focused()
    assert_fit_to_use(page)


def test_the_columns_of_an_unknown_list_are_chosen_by_hand(site, page, signed_in, assert_fit_to_use):
    signed_in(UserFactory(rights=IMPORTER))
    unknown = b"A,B,C\nKari,Nordmann,kari@example.com\n"

    page.goto(f"{site}/persons/import/")
    page.get_by_label("File").set_input_files({"name": "list.csv", "mimeType": "text/csv", "buffer": unknown})
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("kari@example.com")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("button", name="Check the file").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Choose a column for the e-mail address")
    page.get_by_label("C", exact=True).select_option("email")
    page.get_by_role("button", name="Check the file").press("Enter")

    expect(page.get_by_role("heading", name="What would happen")).to_be_visible()
