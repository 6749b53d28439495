"""Persons as a file: what stands in it, that nothing in it runs, and that it is kept who took it."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from persons import exporting, ledger
from persons.models import Door, Operation
from persons.spreadsheets import safe
from tests.factories import CompanyFactory, PersonFactory, UserFactory

pytestmark = pytest.mark.django_db

URL = reverse("persons:export")
COLUMNS = ["last_name", "phone", "company", "no_mailings", "EMARKETING.basis", "EMARKETING.source", "subscribed"]


@pytest.fixture
def sales(client):
    user = UserFactory(role="Sales")
    client.force_login(user)
    return user


@pytest.fixture
def people():
    known = PersonFactory(last_name="=1+1", phone="+47 912 34 567", company=CompanyFactory(name="@Fjord"))
    facts = {"person_id": known.pk, "source_id": "CHAT", "comment": "Said so at the trade fair."}
    facts |= {"given_at": timezone.now() - timedelta(days=9)}
    answers = [
        ledger.Answer(purpose_id="EMARKETING", basis_id="61A", **facts),
        ledger.subscription(is_active=True, type_id="NEWS", **facts),
        ledger.subscription(is_active=True, type_id="INVITATIONS", **facts),
    ]
    ledger.record_many(answers, by=ledger.Recorder(door=Door.PAGE))
    return known, PersonFactory(last_name="Åse", phone="")


def test_a_csv_file_holds_the_columns_chosen_and_no_formula(client, sales, people):
    response = client.post(f"{URL}?whom=all", {"kind": "csv", "columns": COLUMNS})

    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert lines == [
        "Last name,Company,Phone,No mailings,E-marketing: legal basis,E-marketing: source,Subscribed to",
        "'=1+1,'@Fjord,+47 912 34 567,0,Consent,Chat,\"Invitations, News\"",
        "Åse,,,0,,,",
    ]


def test_an_excel_file_keeps_texts_as_texts(client, sales, people):
    response = client.post(f"{URL}?q=ase", {"kind": "xlsx", "columns": ["last_name", "no_mailings", "created"]})
    everybody = client.post(URL, {"kind": "xlsx", "columns": ["last_name"]})

    [head, row] = CalamineWorkbook.from_filelike(BytesIO(b"".join(response))).get_sheet_by_index(0).to_python()
    names = CalamineWorkbook.from_filelike(BytesIO(b"".join(everybody))).get_sheet_by_index(0).to_python()
    assert (head, row[:2]) == (["Last name", "No mailings", "Created"], ["Åse", False])
    assert row[2].date() == timezone.localdate()
    assert names == [["Last name"], ["=1+1"], ["Åse"]]


def test_it_is_kept_who_took_how_many(client, sales, people):
    client.post(f"{URL}?whom=checked&checked={people[0].pk}", {"kind": "csv", "columns": COLUMNS})

    kept = Operation.objects.get()
    assert (kept.kind, kept.state, kept.created_by, kept.counts) == ("export", "done", sales, {"exported": 1})
    assert "Exported: 1" in client.get(reverse("persons:operations")).text
    assert client.get(kept.get_absolute_url()).status_code == 200


def test_more_than_a_sheet_can_hold_is_refused_at_its_field(client, sales, people, monkeypatch):
    monkeypatch.setattr(exporting, "ROWS_OF_A_SHEET", 1)

    response = client.post(URL, {"kind": "xlsx", "columns": COLUMNS})

    assert (response.status_code, list(response.context["form"].errors)) == (422, ["kind"])
    assert not Operation.objects.exists()


def test_an_export_is_a_right_of_its_own(client):
    client.force_login(UserFactory(role="Marketer"))

    assert client.post(URL, {"kind": "csv", "columns": COLUMNS}).status_code == 403


@pytest.mark.parametrize("text", ["=1", "+1+1", "-1", "@SUM(1)", " =1", "\t=1", "＝1", "\r\n=1"])
def test_what_looks_like_a_formula_is_defused(text):
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["Kari", "+47 912 34 567", "a=b", "", "kari@example.com"])
def test_what_is_no_formula_is_left_as_it_is(text):
    assert safe(text) == text
