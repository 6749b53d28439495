"""What an import does to persons and answers, on the sample files and on small ones (rules 4.11)."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from persons.importing.applying import apply, dry_run
from persons.importing.problems import NotATable
from persons.importing.staging import ROWS_IN_A_BATCH, Options
from persons.ledger import Answer, Recorder, record
from persons.models import (
    Consent,
    ConsentEvent,
    Deliverability,
    Door,
    Import,
    ImportAnswer,
    ImportRow,
    Person,
    Subscription,
)
from persons.sealing import verify
from persons.verdict import Code, Question, explain
from purposes.models import PrivacySettings, SubscriptionType
from tests.factories import CompanyFactory, PersonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.database]

SAMPLES = Path(__file__).parents[2] / "samples"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text())
NAMES = {
    "rows": "rows",
    "valid": "rows_with_valid_address",
    "invalid": "rows_with_invalid_address",
    "without_address": "rows_without_address",
    "duplicates": "duplicate_rows",
    "bounced": "bounced_distinct_addresses",
}


@pytest.fixture
def write(tmp_path):
    """Write rows as a CSV file under a name of its own, and give its path."""

    def written(
        *rows, header=("First name", "Last name", "E-mail", "Company", "Newsletter", "Opted in on", "Opted out on")
    ):
        path = tmp_path / f"list-{len(list(tmp_path.iterdir()))}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *(list(row) + [""] * (len(header) - len(row)) for row in rows)])
        return path

    return written


SAID = Options(comment="Said so at the trade fair.")


def _state():
    """Everything that an import may change, in a form that can be compared."""
    answers = list(Consent.objects.order_by("pk").values()) + list(Subscription.objects.order_by("pk").values())
    persons = Person.objects.order_by("pk").values_list("pk", "first_name", "last_name", "email", "updated_at")
    return answers, list(persons), list(Deliverability.objects.order_by("pk").values()), ConsentEvent.objects.count()


def _expected(name):
    counts = EXPECTED["files"][name]
    return {ours: counts[theirs] for ours, theirs in NAMES.items()} | {
        "stops": counts["stop_rows"] - counts["stop_rows_without_valid_address"]
    }


def test_the_sample_files_one_after_the_other():
    for name in EXPECTED["import_order"]:
        tried = dry_run(SAMPLES / name, Options()).as_dict()
        done = apply(SAMPLES / name, Options()).as_dict()
        before = _state()
        again = apply(SAMPLES / name, Options()).as_dict()

        assert tried == done, name
        assert {key: done[key] for key in _expected(name)} == _expected(name), name
        assert _state() == before, f"{name}: the second time changed something"
        assert (again["created"], again["updated"], again["recorded"], again["late"]) == (0, 0, 0, 0), name
        assert {key: again[key] for key in _expected(name)} == _expected(name), name

    assert (
        Person.objects.exclude(address=None).values("address").distinct().count()
        == (EXPECTED["after_all_files"]["distinct_valid_addresses"])
    )
    assert Deliverability.objects.bounced().count() == EXPECTED["after_all_files"]["bounced_addresses"]
    stopped = Person.objects.filter(consents__purpose="EMARKETING", consents__basis__allows=False).exclude(address=None)
    assert stopped.values("address").distinct().count() == EXPECTED["after_all_files"]["stopped_addresses"]
    assert verify().ok
    assert (ImportRow.objects.count(), ImportAnswer.objects.count()) == (0, 0)


def test_a_dry_run_leaves_nothing():
    before = _state()

    result = dry_run(SAMPLES / "hubspot-contacts.csv", Options())

    assert result.created == 594
    assert _state() == before
    assert (Import.objects.count(), SubscriptionType.objects.count()) == (0, 4)


@pytest.mark.parametrize(
    "name", ["01-empty.csv", "02-header-only.csv", "07-duplicate-headers.csv", "11-picture-renamed.csv"]
)
def test_what_is_no_table_ends_in_a_sentence_and_leaves_nothing(name):
    with pytest.raises(NotATable) as refusal:
        apply(SAMPLES / "broken" / name, Options())

    assert str(refusal.value).endswith(".")
    assert (Import.objects.count(), Person.objects.count()) == (0, 0)


@pytest.mark.parametrize("path", sorted((SAMPLES / "broken").iterdir()), ids=lambda path: path.name)
def test_no_broken_file_ends_in_anything_but_a_result_or_a_sentence(path):
    try:
        result = apply(path, SAID)
    except NotATable:
        assert Person.objects.count() == 0
    else:
        assert Person.objects.count() == result.created
        assert not Person.objects.filter(first_name__regex="[\ufffdÃ]").exists()


def test_a_row_belongs_to_the_person_with_that_address_and_name(write):
    person = PersonFactory(first_name="Åse", last_name="Lie", email="ase@example.com")

    result = apply(write(["  åse ", "LIE", "Ase@Example.com", "Fjord AS"]), Options())

    person.refresh_from_db()
    assert (result.created, result.updated, person.company.name, person.first_name) == (0, 1, "Fjord AS", "Åse")


def test_another_name_at_the_address_is_a_new_person(write):
    PersonFactory(first_name="Åse", last_name="Lie", email="post@example.com")

    result = apply(write(["Ola", "Lie", "post@example.com"]), Options())

    assert (result.created, Person.objects.at_address("post@example.com").count()) == (1, 2)


def test_a_row_without_a_name_belongs_to_the_only_one_with_the_address(write):
    person = PersonFactory(email="post@example.com")

    result = apply(write(["", "", "post@example.com", "Fjord AS"]), Options())

    person.refresh_from_db()
    assert (result.created, person.company.name) == (0, "Fjord AS")


def test_a_row_without_a_name_is_refused_where_several_have_the_address(write):
    PersonFactory.create_batch(2, email="post@example.com")

    result = apply(write(["", "", "post@example.com", "Fjord AS"]), Options())

    assert (result.created, result.refused) == (0, {"ambiguous": [2]})


def test_a_stop_without_a_name_reaches_everybody_with_the_address(write):
    persons = PersonFactory.create_batch(2, email="post@example.com")

    apply(write(["", "", "post@example.com", "", "", "", "2024-05-01"]), Options())

    assert {explain(person).code for person in persons} == {Code.WITHDRAWN}


def test_a_stop_reaches_the_others_with_the_address_too(write):
    other = PersonFactory(email="post@example.com")

    apply(write(["Ola", "Lie", "post@example.com", "", "", "", "2024-05-01"]), Options())

    assert explain(other).code == Code.WITHDRAWN


def test_a_stop_for_an_unknown_address_creates_the_person_with_the_stop(write):
    apply(write(["", "", "gone@example.com", "", "", "", "2024-05-01"]), Options())

    person = Person.objects.get()
    assert explain(person).code == Code.WITHDRAWN
    assert set(person.consents.values_list("purpose", "basis")) == {("EMARKETING", "WITHDRAWN"), ("STORE", "61F")}


def test_a_name_in_the_file_is_given_to_whoever_had_none(write):
    nameless = PersonFactory(first_name="", last_name="", email="post@example.com")

    result = apply(write(["Ola", "Lie", "post@example.com"], ["Kari", "Lie", "post@example.com"]), Options())

    nameless.refresh_from_db()
    assert (nameless.full_name, result.created, result.updated) == ("Ola Lie", 1, 1)


def test_a_row_without_a_valid_address_is_imported_with_the_address_as_typed(write):
    path = write(["Ola", "Lie", "ola(at)example.com", "Fjord AS"])

    first, second = apply(path, Options()), apply(path, Options())

    person = Person.objects.get()
    assert (person.email, person.address, explain(person).code) == ("ola(at)example.com", None, Code.NO_ADDRESS)
    assert (first.created, second.created, second.updated) == (1, 0, 0)
    assert first.refused == {"invalid_address": [2]}


def test_a_row_without_an_address_belongs_to_the_one_of_that_name_in_that_company(write):
    header = ("First name", "Last name", "E-mail", "Company")
    apply(write(["Ola", "Lie", "", "Fjord AS"], ["Ola", "Lie", "", "Fjell AS"], header=header), Options())

    result = apply(write(["ola", "lie", "", "FJORD  AS"], ["Ola", "Lie", "", "Vik AS"], header=header), Options())

    assert (result.created, Person.objects.count()) == (1, 3)


def test_a_row_without_an_address_belongs_first_to_the_one_with_that_id_from_that_system(write):
    header = ("Record ID", "First Name", "Last Name", "Email", "Lifecycle Stage", "Contact owner")
    apply(write(["77", "Ola", "Lie", "ola@example.com", "Lead", "Nordic"], header=header), Options())

    result = apply(write(["77", "Ola", "Lie-Berg", "", "Lead", "Nordic"], header=header), Options())

    assert (result.created, Person.objects.get().full_name) == (0, "Ola Lie")


def test_a_row_that_names_nobody_is_refused(write):
    result = apply(write(["", "", "", "Fjord AS"]), Options())

    assert (result.created, result.refused) == (0, {"nobody": [2]})


def test_two_rows_about_one_person_make_one_person(write):
    result = apply(write(["Ola", "Lie", "ola@example.com"], ["Ola", "Lie", "OLA@example.com", "Fjord AS"]), Options())

    assert (result.created, Person.objects.get().company.name) == (1, "Fjord AS")


def test_an_allowance_without_proof_is_refused_and_the_row_is_kept(write):
    result = apply(write(["Ola", "Lie", "ola@example.com", "", "yes", "2024-05-01"]), Options())

    assert (result.created, result.refused) == (1, {"no_proof": [2]})
    assert explain(Person.objects.get()).code == Code.NO_CONSENT


def test_a_comment_for_the_file_is_proof(write):
    result = apply(write(["Ola", "Lie", "ola@example.com", "", "yes", "2024-05-01"]), SAID)

    consent = Consent.objects.get(purpose="EMARKETING")
    assert (result.refused, consent.event.evidence.comment) == ({}, "Said so at the trade fair.")
    assert consent.given_at == datetime(2024, 4, 30, 22, tzinfo=UTC), "the first moment of the day in Oslo"


def test_no_allowance_in_a_file_lifts_a_stop(write):
    person = PersonFactory(first_name="Ola", last_name="Lie", email="ola@example.com")
    stop = Answer(person_id=person.pk, purpose_id="EMARKETING", basis_id="WITHDRAWN", source_id="EMAIL")
    record(stop, by=Recorder(door=Door.PAGE))

    result = apply(write(["Ola", "Lie", "ola@example.com", "", "yes", ""]), SAID)

    assert (result.refused, explain(person).code) == ({"stop_stands": [2]}, Code.WITHDRAWN)


def test_in_one_file_a_stop_wins_over_an_allowance_that_was_given_before(write):
    path = write(
        ["Ola", "Lie", "ola@example.com", "", "", "", "2024-05-01"],
        ["Ola", "Lie", "ola@example.com", "", "yes", "2023-05-01"],
    )

    result = apply(path, SAID)

    assert (explain(Person.objects.get()).code, result.late, result.refused) == (Code.WITHDRAWN, 1, {})


def test_values_for_the_whole_file_fill_only_where_nothing_stands(write):
    known = PersonFactory(first_name="Ola", last_name="Lie", email="ola@example.com")
    answer = Answer(person_id=known.pk, purpose_id="STORE", basis_id="61B", source_id="USER")
    record(answer, by=Recorder(door=Door.PAGE))
    path = write(["Ola", "Lie", "ola@example.com"], ["Kari", "Lie", "kari@example.com"])

    result = apply(path, Options(basis="61C", source="CHAT"))

    assert set(Consent.objects.values_list("person__first_name", "basis", "source")) == {
        ("Ola", "61B", "USER"),
        ("Kari", "61C", "CHAT"),
    }
    assert (result.recorded, result.same) == (1, 1)


def test_a_refused_answer_is_not_filled_by_what_is_chosen_for_the_file(write):
    path = write(["Ola", "Lie", "ola@example.com", "", "yes", "2024-05-01"])

    result = apply(path, Options(purpose="EMARKETING", basis="61F"))

    assert result.refused == {"no_proof": [2]}
    assert not Consent.objects.filter(purpose="EMARKETING").exists()


def test_without_the_default_basis_a_new_person_has_none(write):
    PrivacySettings.objects.update(set_default_basis=False)

    apply(write(["Ola", "Lie", "ola@example.com"]), Options())

    assert not Consent.objects.exists()


@pytest.mark.parametrize(("label", "stands"), [("Avtale", "61B"), ("", "61F"), ("Noe helt annet", None)])
def test_neither_the_default_nor_the_basis_of_the_file_fills_what_nobody_understood(write, label, stands):
    header = ("Fornavn", "Etternavn", "E-post", "Hjemmel", "Ingen utsendelser", "Tidligere ansatt")

    done = apply(write(["Ola", "Lie", "ola@example.com", label, "", ""], header=header), Options(basis="61F"))

    assert Consent.objects.filter(purpose="STORE").values_list("basis", flat=True).first() == stands
    assert ("unknown_label" in done.refused) == (stands is None)


def test_an_unknown_word_for_the_newsletter_is_not_filled_either(write):
    options = Options(purpose="EMARKETING", basis="61A", comment="Said so at the trade fair.")

    apply(write(["Ola", "Lie", "ola@example.com", "", "sometimes"], ["Eva", "Moe", "eva@example.com"]), options)

    assert [consent.person.first_name for consent in Consent.objects.filter(purpose="EMARKETING")] == ["Eva"]


def test_a_bounce_of_the_future_counts_from_the_import_on(write):
    header = ("Email Address", "MEMBER_RATING", "CONFIRM_TIME", "CLEAN_TIME", "LEID")

    apply(write(["ola@example.com", "2", "", "2999-01-01 10:00:00", "1"], header=header), Options())

    assert Deliverability.objects.get().failed_at == Import.objects.get().moment


def test_flags_are_set_and_never_cleared(write):
    header = ("Fornavn", "Etternavn", "E-post", "Hjemmel", "Ingen utsendelser", "Tidligere ansatt")
    apply(write(["Ola", "Lie", "ola@example.com", "", "Ja", "Nei"], header=header), Options())

    apply(write(["Ola", "Lie", "ola@example.com", "", "Nei", "Ja"], header=header), Options())

    person = Person.objects.get()
    assert (person.no_mailings, person.former_employee) == (True, True)


def test_a_type_that_a_file_ends_is_made_and_ended(write):
    header = ("Record ID", "Email", "Lifecycle Stage", "Contact owner", "Opted out of email: Course news")
    apply(write(["1", "ola@example.com", "Lead", "Nordic", "true"], header=header), Options())

    assert SubscriptionType.objects.get(pk="COURSE_NEWS").name == "Course news"
    assert explain(Person.objects.get(), Question(type="COURSE_NEWS")).code == Code.UNSUBSCRIBED


def test_a_bounce_that_staff_cleared_later_is_not_brought_back(write):
    header = ("Email Address", "MEMBER_RATING", "CONFIRM_TIME", "CLEAN_TIME", "LEID")
    path = write(["ola@example.com", "2", "2020-01-01 10:00:00", "2021-01-01 10:00:00", "7"], header=header)
    apply(path, Options())
    assert explain(Person.objects.get()).code == Code.BOUNCED
    Deliverability.objects.update(failed_at=None, cleared_at=datetime(2022, 1, 1, tzinfo=UTC))

    apply(path, Options())

    assert explain(Person.objects.get()).code == Code.NO_CONSENT


def test_an_undated_stop_counts_from_when_the_file_was_first_applied(write):
    header = ("Record ID", "Email", "Lifecycle Stage", "Contact owner", "Unsubscribed from all email")
    path = write(["1", "ola@example.com", "Lead", "Nordic", "true"], header=header)
    apply(path, Options())
    first = Import.objects.get().moment

    apply(path, Options())

    assert Consent.objects.get(purpose="EMARKETING").given_at == first
    assert ConsentEvent.objects.filter(purpose="EMARKETING").count() == 1


def test_a_cell_longer_than_any_name_is_refused_with_its_row(write):
    result = apply(write(["x" * 300, "Lie", "ola@example.com"], ["Kari", "Lie", "kari@example.com"]), Options())

    assert (result.refused, Person.objects.get().first_name) == ({"too_long": [2]}, "Kari")


HUBSPOT = ("Record ID", "First name", "Last name", "Email", "Lifecycle Stage", "Unsubscribed from all email")


@pytest.mark.parametrize("with_address", [0, 1])
def test_a_row_without_an_address_belongs_to_the_person_with_its_id_in_the_same_file(write, with_address):
    rows = [["5", "Ola", "Lie", "", "Lead", "true"], ["5", "Ola", "Lie", "", "Lead", ""]]
    rows[with_address][3] = "ola@example.com"
    path = write(*rows, header=HUBSPOT)

    result = apply(path, Options())

    person = Person.objects.get()
    assert (person.address, result.created, explain(person).code) == ("ola@example.com", 1, Code.WITHDRAWN)


def test_of_rows_with_one_id_and_no_address_the_first_says_who_it_is(write):
    path = write(["5", "Ola", "Lie"], ["5", "Kari", "Moe", "", "", "true"], ["6", "Kari", "Moe"], header=HUBSPOT)

    apply(path, Options())

    assert set(Person.objects.values_list("first_name", "external_ids__value")) == {("Ola", "5"), ("Kari", "6")}
    assert Consent.objects.get(purpose="EMARKETING").person.full_name == "Ola Lie"


def test_ids_across_batches_make_no_difference_to_a_dry_run_or_a_second_time(write):
    rows = (
        [str(n % 80), f"N{n % 70}", "Lie", f"n{n % 80}@example.com" if n % 3 else "", "Lead", "true" if n % 4 else ""]
        for n in range(ROWS_IN_A_BATCH + 1)
    )
    path = write(*rows, header=HUBSPOT)

    tried = dry_run(path, Options()).as_dict()
    done = apply(path, Options()).as_dict()
    before = _state()
    again = apply(path, Options()).as_dict()

    assert tried == done
    assert _state() == before
    assert (again["created"], again["updated"], again["late"]) == (0, 0, 0)


def test_formulas_are_text(write):
    apply(write(["=1+1", "Lie", "ola@example.com", '=HYPERLINK("https://example.com")']), Options())

    assert Person.objects.get().company.name == '=HYPERLINK("https://example.com")'


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ("empty", ("Boss", "22334455", "Acme", "Old Street 1", "")),
        ("all", ("Chief", "22334455", "Fjord", "New Street 2", "0150")),
        ("skip", ("Boss", "", "Acme", "Old Street 1", "")),
    ],
)
def test_what_becomes_of_a_person_who_is_known_is_chosen_for_the_file(tmp_path, known, expected):
    facts = {"first_name": "Kari", "last_name": "Nordmann", "email": "kari@example.com", "title": "Boss"}
    person = PersonFactory(**facts, street="Old Street 1", company=CompanyFactory(name="Acme"))
    path = tmp_path / "list.csv"
    path.write_text(
        "First name,Last name,E-mail,Title,Phone,Company,Street,Postcode,Opted out\n"
        "Kari,Nordmann,kari@example.com,Chief,22334455,Fjord,New Street 2,0150,2024-05-01\n"
        "Ola,Li,ola@example.com,Clerk,,Fjord,,,\n"
    )

    apply(path, Options(known=known))
    person.refresh_from_db()

    assert (person.title, person.phone, person.company.name, person.street, person.postcode) == expected
    assert person.consents.get(purpose="EMARKETING").basis_id == "WITHDRAWN"
    assert Person.objects.get(first_name="Ola").title == "Clerk"
    assert apply(path, Options(known=known)).updated == 0
