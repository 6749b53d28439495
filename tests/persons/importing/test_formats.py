import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from persons.importing import REFUSALS, Claim, NotATable, Problem, Record, Row, describe, open_table, recognise

SAMPLES = Path(__file__).parents[2] / "samples"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))["files"]

SUPEROFFICE = {"Fornavn": "Kari", "Etternavn": "Lie", "E-post": "kari@example.com", "Person-ID": "7", "Abonnement": ""}
HUBSPOT = {"Record ID": "7", "First Name": "Kari", "Last Name": "Lie", "Email": "kari@example.com", "Contact owner": ""}
MAILCHIMP = {
    "Email Address": "kari@example.com",
    "MEMBER_RATING": "2",
    "OPTIN_TIME": "2024-05-01 10:00:00",
    "OPTIN_IP": "192.0.2.1",
    "CONFIRM_TIME": "2024-05-01 10:05:00",
    "CONFIRM_IP": "192.0.2.1",
    "LEID": "418000000",
    "EUID": "a1b2",
    "TAGS": "a long tag that is no proof",
}
PLAIN = {"First name": "Kari", "Surname": "Lie", "E-mail address": "kari@example.com"}
BASIS = "Legal basis for processing contact's data"
PROOF = (
    "Mailchimp: OPTIN_TIME 2024-05-01 10:00:00, OPTIN_IP 192.0.2.1, "
    "CONFIRM_TIME 2024-05-01 10:05:00, CONFIRM_IP 192.0.2.1"
)


def read(cells: dict[str, str], **more: str) -> Row:
    """One row of a table with these columns."""
    cells = cells | more
    return recognise(list(cells)).read(Record(2, list(cells.values()), None))


def superoffice(**cells: str) -> Row:
    return read(
        SUPEROFFICE | {"E-markedsføring - Hjemmel": ""} | {name.replace("_", " "): v for name, v in cells.items()}
    )


def codes(row: Row) -> list[str]:
    return [problem.code for problem in row.problems]


def rows_of(name: str) -> list[Row]:
    table = open_table(SAMPLES / name)
    form = recognise(table.header)
    return [form.read(record) for record in table.records()]


# The samples


@pytest.mark.parametrize("name", EXPECTED)
def test_the_counts_of_a_sample_are_true(name):
    truth = EXPECTED[name]

    assert describe(SAMPLES / name).as_dict() == {
        "rows": truth["rows"],
        "valid": truth["rows_with_valid_address"],
        "invalid": truth["rows_with_invalid_address"],
        "without_address": truth["rows_without_address"],
        "refused": 0,
        "duplicates": truth["duplicate_rows"],
        "stops": truth["stop_rows"] - truth["stop_rows_without_valid_address"],
        "bounced": truth["bounced_distinct_addresses"],
    }


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_is_recognised_and_its_bad_cells_are_named(name):
    truth = EXPECTED[name]
    rows = rows_of(name)
    invalid = [(row.number, p.cell) for row in rows for p in row.problems if p.code == "invalid_address"]
    unreadable = [row.number for row in rows if "unreadable_date" in codes(row)]

    assert recognise(open_table(SAMPLES / name).header).name == truth["format"]
    assert invalid == [(bad["row"], bad["cell"].strip()) for bad in truth["invalid_addresses"]]
    assert unreadable == [bad["row"] for bad in truth["unreadable_or_future_dates"] if bad["mark"] == "unreadable_date"]


@pytest.mark.parametrize("name", [name for name in EXPECTED if name != "hubspot-contacts.csv"])
def test_the_answers_of_a_sample_are_true(name):
    stances = EXPECTED[name]["stances"]
    bases = [claim.basis for row in rows_of(name) for claim in row.answers if claim.purpose == "EMARKETING"]

    assert bases.count("61A") == stances["consent"]
    assert bases.count("61F") == stances["legitimate"]
    assert bases.count("61B") + bases.count("61C") == stances["not_accepted"]
    assert bases.count("WITHDRAWN") == stances["stop"]


def test_the_columns_may_stand_in_any_order(tmp_path):
    with open(SAMPLES / "superoffice-persons.csv", encoding="cp1252", newline="") as file:
        table = [list(reversed(line)) for line in csv.reader(file, delimiter=";")]
    with open(tmp_path / "mailchimp.txt", "w", encoding="utf-16", newline="") as file:
        csv.writer(file, delimiter="\t").writerows(table)

    assert describe(tmp_path / "mailchimp.txt") == describe(SAMPLES / "superoffice-persons.csv")


def test_a_refused_row_holds_nothing_but_its_problem():
    row = recognise(["E-post"]).read(Record(3, ["a\0@example.com"], "nul_bytes"))

    assert row == Row(3, problems=(Problem("nul_bytes", ""),))
    assert row.refused
    assert "nul_bytes" in REFUSALS


def test_refused_rows_are_rows_but_neither_valid_nor_invalid():
    assert describe(SAMPLES / "broken" / "06-wrong-column-count.csv").as_dict() == {
        "rows": 12,
        "valid": 7,
        "invalid": 0,
        "without_address": 0,
        "refused": 5,
        "duplicates": 0,
        "stops": 0,
        "bounced": 0,
    }


# Columns


@pytest.mark.parametrize(
    "header",
    """E-post|Epost|e-post |E-POST|Email|E-mail|Email Address|E-Mail-Adresse|E-postadresse|E-postadress|E-mailadresse
    E-mailadres|E_mail|Mail|E-post (arbeid)|*E-post*""".replace("\n", "|").split("|"),
)
def test_the_column_of_the_address_is_found(header):
    assert read({header.strip(): "kari@example.com"}).address == "kari@example.com"


@pytest.mark.parametrize(
    ("first", "last", "company", "postcode", "city", "country"),
    [
        ("First name", "Surname", "Company", "Zip code", "City", "Country"),
        ("Fornavn", "Etternavn", "Firma", "Postnr.", "Poststed", "Land"),
        ("Förnamn", "Efternamn", "Företag", "Postnummer", "Ort", "Land"),
        ("Fornavn", "Efternavn", "Virksomhed", "Postnr", "By", "Land"),
        ("Vorname", "Nachname", "Unternehmen", "PLZ", "Ort", "Land"),
        ("Voornaam", "Achternaam", "Bedrijf", "Postcode", "Plaats", "Land"),
        ("FIRST_NAME", "last-name", "Organisation", "Postal Code", "Town", "Country/Region"),
    ],
)
def test_the_columns_of_a_person_are_found_in_six_languages(first, last, company, postcode, city, country):
    row = read(
        {"Email": "k@example.com", first: "Kari", last: "Lie", company: "X", postcode: "1", city: "Y", country: "NO"}
    )

    assert (row.first_name, row.last_name, row.company) == ("Kari", "Lie", "X")
    assert (row.postcode, row.city, row.country) == ("1", "Y", "NO")


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Kari Lie", "Kari", "Lie"),
        ("Anne Marie Lie", "Anne Marie", "Lie"),
        ("Jan van den Berg", "Jan", "van den Berg"),
        ("Lie, Kari", "Kari", "Lie"),
        ("Kari", "", "Kari"),
        ("  Kari   Lie ", "Kari", "Lie"),
    ],
)
def test_a_full_name_is_divided(name, first, last):
    row = read({"Navn": name, "E-post": "k@example.com"})

    assert (row.first_name, row.last_name) == (first, last)


def test_texts_are_composed_and_names_are_trimmed():
    row = read(PLAIN | {"First name": " Ka\u030are ", "Surname": "LIE  ", "Company": " =1+1"})

    assert (row.first_name, row.last_name, row.company) == ("Kåre", "LIE", " =1+1")


def test_phone_numbers_that_a_spreadsheet_made_numbers_of():
    assert read(PLAIN, Phone="'+47 100 10 100", Mobile="4710010010,0").phone == "+47 100 10 100"
    assert read(PLAIN, Phone="", Mobile="4710010010,0").mobile == "4710010010"

    row = read(PLAIN, Mobile="4,71E+09")

    assert (row.mobile, row.problems) == ("", (Problem("damaged_number", "4,71E+09"),))


def test_what_is_not_read_is_named():
    form = recognise(["E-post", "Skostørrelse", "", "Telefon", "Phone number"])

    assert form.not_read == ("Skostørrelse", "Phone number")


@pytest.mark.parametrize(
    ("header", "start"),
    [
        (["Varenavn", "Pris"], "No column for the e-mail address"),
        (["Fornavn", "E-post", "Email"], "Columns 2 (E-post), 3 (Email) mean the same."),
        (["E-post", "Avmeldt", "Opted out on"], "Columns 2 (Avmeldt), 3 (Opted out on) mean the same."),
        ([*MAILCHIMP, "UNSUB_TIME", "CLEAN_TIME"], "The file holds unsubscribed and cleaned contacts of Mailchimp."),
    ],
)
def test_a_header_that_leaves_a_doubt_is_refused(header, start):
    with pytest.raises(NotATable) as refused:
        recognise(header)

    assert str(refused.value).startswith(start)


def test_persons_without_addresses_can_be_imported():
    assert recognise(["Etternavn", "Fornavn", "Firma"]).name == "plain"


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("superoffice", ["Email", "E-marketing - Legal basis"]),
        ("superoffice", ["E-post", "Hjemmel", "Kilde"]),
        ("superoffice", ["E-post", "Inga utskick", "Prenumeration", "Kontakt-ID"]),
        ("hubspot", ["Email", "Record ID", "Unsubscribed from all email"]),
        ("hubspot", ["E-Mail", "Rechtliche Grundlage für die Verarbeitung von Kontaktdaten"]),
        ("hubspot", ["Email", "Lifecycle Stage", "Opted out of email: News"]),
        ("mailchimp subscribed", ["Email Address", "Optin Time", "Optin IP", "Confirm Time", "leid"]),
        ("mailchimp unsubscribed", ["Email Address", "UNSUB_REASON", "LEID", "CONFIRM_TIME"]),
        ("mailchimp cleaned", ["Email Address", "EUID", "CLEAN_TIME"]),
        ("plain", ["Email", "Newsletter", "Opt-in time", "Opt-in IP"]),
        ("plain", ["Name", "Email", "No mailings", "Former employee", "Newsletter"]),
        ("plain", ["Name", "Email", "Source"]),
    ],
)
def test_a_format_is_known_by_several_of_its_columns(name, header):
    assert recognise(header).name == name


# SuperOffice


@pytest.mark.parametrize(
    ("basis", "source", "updated", "cells"),
    [
        ("E-marketing - Legal basis", "E-marketing - Source", "E-marketing - Updated", ("Consent", "Web form")),
        ("E-markedsføring: Hjemmel", "E-markedsføring: Kilde", "E-markedsføring: Gitt", ("Samtykke", "Webskjema")),
        (
            "Hjemmel (E-markedsføring)",
            "Kilde (E-markedsføring)",
            "Oppdatert E-markedsføring",
            ("SAMTYKKE", "Webskjema"),
        ),
        (
            "E-marknadsföring - Rättslig grund",
            "E-marknadsföring - Källa",
            "E-marknadsföring - Uppdaterad",
            ("Samtycke", "Webbformulär"),
        ),
        (
            "E-markedsføring Retsgrundlag",
            "E-markedsføring Kilde",
            "E-markedsføring Opdateret",
            ("Samtykke", "Webformular"),
        ),
        (
            "E-Marketing – Rechtsgrundlage",
            "E-Marketing – Quelle",
            "E-Marketing – Aktualisiert",
            ("Einwilligung", "Web-Formular"),
        ),
        (
            "E-marketing/Rechtsgrondslag",
            "E-marketing/Bron",
            "E-marketing/Bijgewerkt",
            ("Toestemming", "Webformulier"),
        ),
    ],
)
def test_superoffice_in_six_languages(basis, source, updated, cells):
    row = read({"Email": "k@example.com", basis: cells[0], source: cells[1], updated: "01.02.2024"})

    assert row.answers == (Claim("EMARKETING", "", "61A", "WEBFORM", date(2024, 2, 1)),)
    assert row.problems == ()


def test_superoffice_hjemmel_is_sales_and_service_and_the_comment_counts_for_every_answer():
    row = superoffice(Hjemmel="Samtykke", Kilde="Chat", Kommentar="Ja takk på stand", Abonnement="Nyheter; Kurs")

    assert row.answers == (
        Claim("STORE", "", "61A", "CHAT", None, "Ja takk på stand"),
        Claim("", "NEWS", "61A", None, None, "Ja takk på stand"),
        Claim("", "Kurs", "61A", None, None, "Ja takk på stand"),
    )
    assert (row.system, row.external_id) == ("superoffice", "7")


@pytest.mark.parametrize("label", ["", "Muntlig avtale", "Reservert mot reklame"])
def test_a_bare_yes_to_e_marketing_is_no_answer(label):
    row = superoffice(**{"E-markedsføring": "Ja", "E-markedsføring - Hjemmel": label, "Hjemmel": "Lovpålagt"})

    assert [claim.purpose for claim in row.answers] == ["STORE"]
    assert row.problems == ((Problem("unknown_label", label),) if label else ())


def test_a_stop_beats_the_yes_and_the_subscriptions_of_its_row():
    row = superoffice(
        **{"E-markedsføring": "Ja", "E-markedsføring - Hjemmel": "TRUKKET TILBAKE "}, Abonnement="Nyheter; Tilbud"
    )

    assert row.answers == (Claim("EMARKETING", "", "WITHDRAWN"),)
    assert row.stops_emarketing
    assert codes(row) == ["stop_beats_allowance"] * 2


def test_a_stop_in_a_column_of_its_own_beats_what_allows():
    row = superoffice(**{"E-markedsføring - Hjemmel": "Samtykke", "Avmeldt dato": "1.2.2024", "Hjemmel": "Lovpålagt"})

    assert row.answers == (Claim("EMARKETING", given=date(2024, 2, 1)), Claim("STORE", "", "61C"))


def test_a_type_that_is_ended_is_not_active_in_the_same_row():
    row = read(SUPEROFFICE | {"Abonnement": "Nyheter; Tilbud", "Opted out of email: News": "true"})

    assert row.answers == (Claim("", "NEWS", "WITHDRAWN"), Claim("", "PROMOTIONS", "61A"))


def test_a_stop_of_sales_and_service_leaves_e_marketing_alone():
    row = superoffice(**{"Hjemmel": "Trukket tilbake", "E-markedsføring - Hjemmel": "Samtykke"})

    assert [(claim.purpose, claim.stops) for claim in row.answers] == [("STORE", True), ("EMARKETING", False)]
    assert not row.stops_emarketing


def test_a_contract_is_claimed_for_e_marketing_and_left_to_the_purpose_to_refuse():
    assert superoffice(**{"E-markedsføring - Hjemmel": "Inngått avtale"}).answers == (Claim("EMARKETING", "", "61B"),)


def test_an_unreadable_date_is_unknown_and_an_unknown_source_is_the_doors():
    row = superoffice(
        **{
            "E-markedsføring - Hjemmel": "Samtykke",
            "E-markedsføring - Kilde": "Brevdue",
            "E-markedsføring - Oppdatert": "31.02.2021",
        }
    )

    assert row.answers == (Claim("EMARKETING", "", "61A", None, None),)
    assert row.problems == (Problem("unknown_label", "Brevdue"), Problem("unreadable_date", "31.02.2021"))


def test_no_mailings_and_former_employee_are_set_by_a_yes():
    row = read(SUPEROFFICE, **{"Ingen utsendelser": "Ja", "Tidligere ansatt": "Nei"})

    assert (row.no_mailings, row.former_employee) == (True, False)
    assert codes(read(SUPEROFFICE, **{"Ingen utsendelser": "kanskje"})) == ["unknown_label"]


# HubSpot


@pytest.mark.parametrize(
    ("cell", "basis", "reported"),
    [
        ("Freely given consent from contact", "61A", []),
        ("Legitimate interest – existing customer;Freely given consent from contact", "61A", []),
        ("Performance of a contract; Legitimate interest - existing customer", "61F", ["contract_is_no_ground"]),
        ("Legitimate interest – prospect/lead", None, ["prospect_is_no_ground"]),
        ("Legitimate interest - other", None, ["other_interest_is_no_ground"]),
        ("Performance of a contract", None, ["contract_is_no_ground"]),
        ("Not applicable", None, ["not_applicable"]),
        ("Legitimate interest", None, ["unknown_label"]),
        ("We know him", None, ["unknown_label"]),
        ("", None, []),
    ],
)
def test_of_hubspots_bases_consent_counts_then_interest_in_a_customer(cell, basis, reported):
    row = read(HUBSPOT, **{BASIS: cell})

    assert row.answers == ((Claim("EMARKETING", "", basis),) if basis else ())
    assert codes(row) == reported


@pytest.mark.parametrize("word", ["true", "TRUE", "Yes", "Ja", "1"])
def test_unsubscribed_from_all_beats_every_basis(word):
    row = read(HUBSPOT, **{BASIS: "Freely given consent from contact", "Unsubscribed from all email": word})

    assert row.answers == (Claim("EMARKETING", "", "WITHDRAWN"),)


@pytest.mark.parametrize("word", ["false", "No", "", "-"])
def test_not_unsubscribed_is_no_answer(word):
    assert read(HUBSPOT, **{BASIS: "", "Unsubscribed from all email": word}).answers == ()


def test_where_nobody_understands_whether_the_person_left_no_consent_is_believed():
    row = read(HUBSPOT, **{BASIS: "Freely given consent from contact", "Unsubscribed from all email": "partly"})

    assert row.answers == ()
    assert row.problems == (Problem("unknown_label", "partly"),)


def test_opted_out_of_a_type_ends_that_type_only():
    columns = {
        BASIS: "Freely given consent from contact",
        "Opted out of email: Marketing Information": "true",
        "Opted out of email: Newsletter": "TRUE",
        "Opted out of email: Courses": "false",
    }

    assert read(HUBSPOT | columns).answers == (
        Claim("", "Marketing Information", "WITHDRAWN"),
        Claim("", "NEWS", "WITHDRAWN"),
        Claim("EMARKETING", "", "61A"),
    )


def test_a_hard_bounce_is_a_fact_and_no_answer():
    row = read(HUBSPOT, **{BASIS: "", "Email hard bounce reason": "UNKNOWN_USER"})

    assert (row.bounced, row.bounced_at, row.answers) == (True, None, ())
    assert not read(HUBSPOT, **{BASIS: "", "Email hard bounce reason": ""}).bounced


# Mailchimp


def test_mailchimps_opt_in_on_a_form_is_its_own_proof():
    row = read(MAILCHIMP)

    assert row.answers == (
        Claim("EMARKETING", "", "61A", "WEBFORM", datetime.fromisoformat("2024-05-01 10:05:00"), PROOF),
    )
    assert (row.system, row.external_id) == ("mailchimp", "a1b2")


def test_mailchimps_contact_added_by_hand_has_no_proof():
    row = read(MAILCHIMP | {"OPTIN_IP": "", "OPTIN_TIME": ""})

    assert row.answers == (Claim("EMARKETING", "", "61A", None, datetime.fromisoformat("2024-05-01 10:05:00")),)


def test_mailchimps_unsubscribed_is_withdrawn_whatever_else_stands_there():
    row = read(MAILCHIMP, UNSUB_TIME="2024-06-01 10:00:00", UNSUB_REASON="SPAM")

    assert row.answers == (Claim("EMARKETING", given=datetime.fromisoformat("2024-06-01 10:00:00")),)


def test_mailchimps_cleaned_address_is_bounced_and_answers_nothing():
    row = read(MAILCHIMP, CLEAN_TIME="2024-06-01 10:00:00", CLEAN_CAMPAIGN_ID="x")

    assert (row.bounced, row.bounced_at) == (True, datetime.fromisoformat("2024-06-01 10:00:00"))
    assert row.answers == ()


def test_mailchimps_address_is_divided():
    row = read(MAILCHIMP, Address="Storgata 1  Bø  0155  NO")

    assert (row.street, row.postcode, row.city, row.country) == ("Storgata 1", "0155", "Bø", "NO")


# Plain lists


@pytest.mark.parametrize(
    ("newsletter", "opted_in", "opted_out", "how"),
    [
        ("Newsletter", "Opted in on", "Opted out on", "How"),
        ("Nyhetsbrev", "Samtykke dato", "Avmeldt dato", "Samtykkekilde"),
        ("Nyhetsbrev", "Samtyckesdatum", "Avregistrerad datum", "Källa"),
        ("Nyhedsbrev", "Dato for tilmelding", "Afmeldt dato", "Kilde"),
        ("Einwilligung", "Einwilligung am", "Abgemeldet am", "Quelle"),
        ("Nieuwsbrief", "Toestemming op", "Uitgeschreven op", "Bron"),
        ("Consent", "Consent date", "Withdrawn on", "Source"),
        ("Opt-in", "Opt-in date", "Opt-out date", "Channel"),
    ],
)
def test_plain_lists_in_six_languages(newsletter, opted_in, opted_out, how):
    cells = {newsletter: "x", opted_in: "1.2.2024", opted_out: "", how: "Web form"}

    assert read(PLAIN | cells).answers == (Claim("EMARKETING", "", "61A", "WEBFORM", date(2024, 2, 1)),)
    assert read(PLAIN | cells | {opted_out: "3.2.2024"}).answers == (Claim("EMARKETING", given=date(2024, 2, 3)),)


def test_a_bare_no_is_no_answer():
    assert read(PLAIN, Newsletter="no", **{"Opted in on": "1.2.2024"}).answers == ()


def test_an_unknown_way_is_reported_and_the_consent_kept():
    row = read(PLAIN, Newsletter="yes", How="Trade fair")

    assert row.answers == (Claim("EMARKETING", "", "61A"),)
    assert row.problems == (Problem("unknown_label", "Trade fair"),)


@pytest.mark.parametrize("word", ["sometimes", "avtalt", "31.02.2024"])
def test_an_unknown_word_for_the_newsletter_is_reported(word):
    row = read(PLAIN, Newsletter=word)

    assert (row.answers, row.problems) == ((), (Problem("unknown_label", word),))


@pytest.mark.parametrize(
    ("cell", "given"), [("yes", None), ("2024-02-03", date(2024, 2, 3)), ("2024-02-03T10:00:00Z", "moment")]
)
def test_opted_out_may_be_a_yes_or_a_date(cell, given):
    given = datetime(2024, 2, 3, 10, tzinfo=UTC) if given == "moment" else given

    assert read(PLAIN, Newsletter="yes", **{"Opted out": cell}).answers == (Claim("EMARKETING", given=given),)


@pytest.mark.parametrize("cell", ["", "no", "Nei", "-", "n/a", "never", "0"])
def test_not_opted_out_is_no_stop(cell):
    assert not read(PLAIN, Newsletter="", **{"Opted out on": cell}).stops_emarketing


def test_a_date_of_opting_out_that_nobody_can_read_is_a_stop_at_an_unknown_time():
    row = read(PLAIN, Newsletter="yes", **{"Opted out on": "last summer"})

    assert row.answers == (Claim("EMARKETING", given=None),)
    assert row.problems == (Problem("unreadable_date", "last summer"),)


def test_the_word_unsubscribed_is_a_stop_wherever_the_list_has_it():
    assert read(PLAIN, Newsletter="Avmeldt").stops_emarketing


def test_a_date_of_consent_alone_is_a_consent():
    assert read(PLAIN, **{"Consent date": "12 Nov 2025"}).answers == (
        Claim("EMARKETING", "", "61A", given=date(2025, 11, 12)),
    )


def test_only_a_comment_on_the_consent_is_one():
    remarks = {
        "Newsletter": "yes",
        "Comment": "a long remark",
        "Notes": "a long note",
        "Consent comment": "said so on stage",
    }

    assert read(PLAIN | remarks).answers == (Claim("EMARKETING", "", "61A", comment="said so on stage"),)
    assert recognise(list(PLAIN | remarks)).not_read == ("Comment", "Notes")


@pytest.mark.parametrize(
    ("file", "claims"),
    [("subscribed_members_export.csv", 1), ("nonsubscribed_members_export.csv", 0), ("Non-subscribed contacts.csv", 0)],
)
def test_mailchimp_s_contacts_who_never_subscribed_are_told_by_the_name_of_the_file(file, claims):
    cells = {
        "Email Address": "kari@example.com",
        "MEMBER_RATING": "2",
        "OPTIN_TIME": "",
        "CONFIRM_TIME": "",
        "LEID": "7",
    }

    row = recognise(list(cells), file).read(Record(2, list(cells.values()), None))

    assert (row.address, len(row.answers)) == ("kari@example.com", claims)
