"""The import page: who may, what is asked back, where a refusal lands."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from persons.importing import uploading
from persons.importing.staging import Options
from persons.models import Import, Person, Upload
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

IMPORTS = reverse("persons:imports")
OPTIONS = {"known": "empty", "basis": "", "purpose": "STORE", "source": "IMPORT", "comment": ""}
PROOF = "Signed up at the fair."


@pytest.fixture
def importer(client):
    user = UserFactory(rights=["persons.import_persons"])
    client.force_login(user)
    return user


def a_file(*rows, name="people.csv"):
    text = io.StringIO()
    csv.writer(text).writerows([["First name", "Last name", "E-mail", "Newsletter"], *rows])
    return SimpleUploadedFile(name, text.getvalue().encode())


KARI = ("Kari", "Nordmann", "kari@example.com", "yes")


def brought(client, *rows, **options):
    """The upload that comes of bringing a file with these rows."""
    client.post(IMPORTS, OPTIONS | options | {"file": a_file(*rows)})
    return Upload.objects.latest("pk")


def test_a_file_leads_to_its_dry_run(client, importer):
    response = client.post(IMPORTS, OPTIONS | {"file": a_file(KARI, ("Ola", "Li", "ola@example.com", ""))})

    upload = Upload.objects.get()
    assert response.url == upload.get_absolute_url()
    assert (upload.state, upload.created_by, upload.found["created"]) == (Upload.State.CHECKED, importer, 2)
    page = client.get(response.url)
    assert [reason.code for reason in page.context["reasons"]] == ["no_proof"]
    assert "A comment for the whole file would admit this row." in page.content.decode()
    assert Person.objects.count() == 0


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (SimpleUploadedFile("empty.csv", b""), "The submitted file is empty."),
        (SimpleUploadedFile("blank.csv", b"  \n"), "The file is empty."),
        (SimpleUploadedFile("photo.csv", b"\x89PNG\r\n\x1a\n" + b"\0" * 40), "This is no table but a PNG file."),
        (SimpleUploadedFile("header.csv", b"Name,E-mail\n"), "The file has a header and no rows."),
    ],
)
def test_a_file_that_is_no_table_is_refused_at_its_field(client, importer, file, sentence):
    response = client.post(IMPORTS, OPTIONS | {"file": file})

    assert response.status_code == 422
    assert response.context["form"].errors == {"file": [sentence]}
    assert Upload.objects.count() == 0


def test_a_basis_that_the_purpose_does_not_accept_is_refused_at_its_field(client, importer):
    response = client.post(IMPORTS, OPTIONS | {"file": a_file(KARI), "basis": "61B", "purpose": "EMARKETING"})

    assert list(response.context["form"].errors) == ["basis"]


@pytest.mark.parametrize(("basis", "purpose"), [("61A", "STORE"), ("61F", "EMARKETING")])
def test_a_basis_that_needs_proof_asks_for_the_comment(client, importer, basis, purpose):
    chosen = OPTIONS | {"basis": basis, "purpose": purpose}

    refused = client.post(IMPORTS, chosen | {"file": a_file(KARI), "comment": "Too short"})
    taken = client.post(IMPORTS, chosen | {"file": a_file(KARI), "comment": PROOF})

    assert list(refused.context["form"].errors) == ["comment"]
    assert taken.status_code == 302


def test_other_options_are_checked_again_with_the_same_file(client, importer):
    upload = brought(client, KARI)

    response = client.post(upload.get_absolute_url(), OPTIONS | {"comment": PROOF})

    assert response.url == upload.get_absolute_url()
    upload.refresh_from_db()
    assert (upload.options["comment"], upload.state, upload.found["refused"]) == (PROOF, Upload.State.CHECKED, {})


def test_a_big_file_is_left_to_the_worker(client, importer, monkeypatch):
    monkeypatch.setattr(uploading, "ROWS_CHECKED_AT_ONCE", 1)

    upload = brought(client, KARI, ("Ola", "Li", "ola@example.com", ""))

    assert (upload.state, ProcrastinateJob.objects.get().args) == (Upload.State.CHECKING, {"upload": upload.pk})
    page = client.get(upload.get_absolute_url()).content.decode()
    assert "The file waits for the worker." in page
    assert "You may leave this page" in page


def test_the_import_is_the_workers_too(client, importer):
    upload = brought(client, KARI)

    for _time in range(2):
        response = client.post(reverse("persons:start_import", args=[upload.pk]))

    assert response.url == upload.get_absolute_url()
    assert ProcrastinateJob.objects.get().args == {"upload": upload.pk}, "started twice, queued once"
    assert Person.objects.count() == 0


def test_what_was_imported_stands_in_the_history(client, importer):
    upload = brought(client, KARI)
    uploading.start(upload)
    uploading.run(upload)

    page = client.get(IMPORTS)

    (row,) = page.context["imports"]
    assert (row, row.upload, row.rows_with_problems) == (Import.objects.get(), upload.pk, 1)
    assert f'href="{upload.get_absolute_url()}"' in page.content.decode()
    done = client.get(upload.get_absolute_url())
    assert (done.context["found"]["created"], done.context["reasons"][0].first_numbers) == (1, "2")


def test_calling_it_off_before_the_import_removes_the_file(client, importer):
    upload = brought(client, KARI)

    response = client.post(reverse("persons:cancel_import", args=[upload.pk]), follow=True)

    assert "people.csv was removed. Nothing was imported." in response.content.decode()
    upload.refresh_from_db()
    assert (upload.state, upload.file.name) == (Upload.State.CANCELLED, "")
    assert "Nothing of this file was imported." in client.get(upload.get_absolute_url()).content.decode()


def test_what_is_over_cannot_be_called_off(client, importer):
    upload = brought(client, KARI)
    uploading.start(upload)
    uploading.run(upload)

    response = client.post(reverse("persons:cancel_import", args=[upload.pk]), follow=True)

    assert "It was over already." in response.content.decode()


@pytest.mark.parametrize("is_imported", [False, True])
def test_the_problems_can_be_kept_as_a_file(client, importer, is_imported):
    upload = brought(client, ("Ola", "Li", "no address", ""), KARI)
    if is_imported:
        uploading.start(upload)
        uploading.run(upload)

    response = client.get(reverse("persons:import_problems", args=[upload.pk]))

    lines = list(csv.reader(io.StringIO(b"".join(response).decode("utf-8-sig"))))
    assert [line[:2] for line in lines] == [["row", "code"], ["2", "invalid_address"], ["3", "no_proof"]]
    assert lines[1][2] == "This is not a valid e-mail address. It was kept as it stands."


@pytest.mark.parametrize("name", ["upload", "import_problems"])
def test_an_upload_that_is_not_there_is_not_found(client, importer, name):
    assert client.get(reverse(f"persons:{name}", args=[7])).status_code == 404


@pytest.mark.parametrize("name", ["start_import", "cancel_import"])
def test_looking_changes_nothing(client, importer, name):
    upload = brought(client, KARI)

    assert client.get(reverse(f"persons:{name}", args=[upload.pk])).status_code == 405


def test_the_pages_take_the_same_number_of_queries_however_long_the_history(
    client, importer, django_assert_num_queries
):
    for number in range(3):
        upload = uploading.receive(a_file(KARI, name=f"{number}.csv"), Options(), by=importer)
        uploading.check_at_once(upload)
        uploading.start(upload)
        uploading.run(upload)
        uploading.check_at_once(uploading.receive(a_file(KARI), Options(), by=UserFactory()))
        if number in (0, 2):
            with django_assert_num_queries(11):
                client.get(IMPORTS)


# ---- columns chosen by hand


def unknown_list():
    return SimpleUploadedFile("list.csv", b"A,B,C\nKari,Nordmann,kari@example.com\nOla,Li,ola@example.com\n")


def test_columns_that_nobody_knows_are_chosen_with_the_first_rows_before_one_s_eyes(client, importer):
    page = client.post(IMPORTS, OPTIONS | {"file": unknown_list()}, follow=True)
    upload = Upload.objects.get()
    url = reverse("persons:import_columns", args=[upload.pk])
    assert (page.redirect_chain[-1][0], "kari@example.com" in page.text) == (url, True)

    client.post(url, {"0": "first_name", "1": "last_name", "2": "email"})
    upload.refresh_from_db()
    assert (upload.state, upload.found["created"], upload.not_read) == ("checked", 2, [])
    client.post(upload.get_absolute_url(), OPTIONS | {"comment": PROOF})
    upload.refresh_from_db()

    assert (upload.options["columns"]["2"], upload.found["created"]) == ("email", 2)


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"0": "first_name"}, "Choose a column for the e-mail address"),
        ({"0": "email", "2": "email"}, "Two columns hold"),
    ],
)
def test_columns_that_tell_nobody_apart_are_refused(client, importer, chosen, sentence):
    client.post(IMPORTS, OPTIONS | {"file": unknown_list()})

    response = client.post(reverse("persons:import_columns", args=[Upload.objects.get().pk]), chosen)

    assert (response.status_code, sentence in response.text) == (422, True)
