from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persons.importing.labels import BASES, HUBSPOT_BASES, SOURCES, TYPES, fold
from persons.importing.values import answer, country_code, moment, parse_date, split_list

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2026, 11, 12, 12, tzinfo=UTC)
CET = timezone(timedelta(hours=1))


def naive(*parts: int) -> datetime:
    return datetime.combine(date(*parts[:3]), time(*parts[3:]))


@pytest.mark.parametrize(
    "text",
    """12.11.2026|12.11.26|12/11/2026|12-11-2026|12 11 2026|2026-11-12|2026/11/12|2026.11.12|20261112|12/11-26|46338
    12 Nov 2026|12. november 2026|12.nov.2026|12-Nov-26|Nov 12, 2026|November 12 2026|12th November 2026|12 nov 2026
    Thursday, November 12, 2026|Thu 12 Nov 2026|den 12 november 2026|12. Nov. 2026|46338,0|46338.0""".replace(
        "\n", "|"
    ).split("|"),
)
def test_one_day_is_read_in_many_forms(text):
    assert parse_date(text.strip()) == date(2026, 11, 12)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("3.2.2024", date(2024, 2, 3)),
        ("3.2.24", date(2024, 2, 3)),
        ("03/02/24", date(2024, 2, 3)),
        ("3.2.94", date(1994, 2, 3)),
        ("1. mars 2024", date(2024, 3, 1)),
        ("1. März 2024", date(2024, 3, 1)),
        ("1 maart 2024", date(2024, 3, 1)),
        ("1. marts 2024", date(2024, 3, 1)),
        ("1 mrt 2024", date(2024, 3, 1)),
        ("17. mai 2024", date(2024, 5, 17)),
        ("17 maj 2024", date(2024, 5, 17)),
        ("17 mei 2024", date(2024, 5, 17)),
        ("24. desember 2024", date(2024, 12, 24)),
        ("24. Dezember 2024", date(2024, 12, 24)),
        ("24 okt. 2024", date(2024, 10, 24)),
        ("1 januari 2024", date(2024, 1, 1)),
        ("29.02.2024", date(2024, 2, 29)),
        ("43949", date(2020, 4, 28)),
    ],
)
def test_days_of_six_languages(text, day):
    assert parse_date(text) == day


def test_the_day_stands_before_the_month_unless_only_the_other_order_gives_a_date():
    assert parse_date("05/06/2024") == date(2024, 6, 5)
    assert parse_date("05/23/2024") == date(2024, 5, 23)
    assert parse_date("05.23.2024") is None
    assert parse_date("2024-23-05") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-12 15:04:05", naive(2026, 11, 12, 15, 4, 5)),
        ("2026-11-12 15:04", naive(2026, 11, 12, 15, 4)),
        ("2026-11-12T15:04:05", naive(2026, 11, 12, 15, 4, 5)),
        ("12.11.2026 15:04", naive(2026, 11, 12, 15, 4)),
        ("12.11.2026 15:04:05", naive(2026, 11, 12, 15, 4, 5)),
        ("12.11.2026 kl. 15.04", naive(2026, 11, 12, 15, 4)),
        ("12. November 2026, 15:04 Uhr", naive(2026, 11, 12, 15, 4)),
        ("12/11/2026 3:04 PM", naive(2026, 11, 12, 15, 4)),
        ("Nov 12, 2026 3:04 PM", naive(2026, 11, 12, 15, 4)),
        ("Nov 12, 2026 12:04 AM", naive(2026, 11, 12, 0, 4)),
        ("12 Nov 2026 12:04 p.m.", naive(2026, 11, 12, 12, 4)),
        ("43949.5", naive(2020, 4, 28, 12)),
        ("2026-11-12T15:04:05Z", datetime(2026, 11, 12, 15, 4, 5, tzinfo=UTC)),
        ("2026-11-12T15:04:05.123Z", datetime(2026, 11, 12, 15, 4, 5, tzinfo=UTC)),
        ("2026-11-12 15:04:05 UTC", datetime(2026, 11, 12, 15, 4, 5, tzinfo=UTC)),
        ("2026-11-12 15:04:05+00:00", datetime(2026, 11, 12, 15, 4, 5, tzinfo=UTC)),
        ("2026-11-12T15:04:05+0100", datetime(2026, 11, 12, 15, 4, 5, tzinfo=CET)),
        ("2026-11-12 15:04:05 -03:30", datetime(2026, 11, 12, 18, 34, 5, tzinfo=UTC)),
        ("Thu, 12 Nov 2026 15:04:05 +0100", datetime(2026, 11, 12, 14, 4, 5, tzinfo=UTC)),
    ],
)
def test_moments_keep_their_time_and_zone(text, expected):
    found = parse_date(text)

    assert found == expected
    assert isinstance(found, datetime)
    assert (found.tzinfo is None) == (expected.tzinfo is None)


@pytest.mark.parametrize(
    "text",
    """31.02.2021|00.00.0000|i fjor|12.2020|45-03-2019|29.02.2023|2024-13-01|32.01.2024|1|2024|yes|99999
    12 marketing 2020
    0000-00-00|1900-01-01|01.01.1970|9999-12-31|2026-11-12 25:00|12.11.2026 15:61|13:04 PM|12.11.2026 13:04 PM
    +47 100 10 100
    2026-11-12T15:04:05+99:00|12.11.2026x|12.11.026""".replace("\n", "|").split("|"),
)
def test_what_names_no_day_is_unreadable(text):
    assert parse_date(text.strip()) is None


@given(st.text(max_size=40))
def test_no_text_is_more_than_a_date_or_none(text):
    assert parse_date(text) is None or 1980 <= parse_date(text).year < 2100


@given(st.dates(min_value=date(1980, 1, 1), max_value=date(2099, 12, 31)))
def test_every_day_is_read_as_it_was_written(day):
    assert parse_date(f"{day:%d.%m.%Y}") == day
    assert parse_date(day.isoformat()) == day
    assert parse_date(f"{day:%d %b %Y}") == day
    assert parse_date(str((day - date(1899, 12, 30)).days)) == day


# The moment that a date stands for (rules 4.6)


def test_a_bare_date_is_its_first_moment_for_an_allowance_and_its_last_for_a_stop():
    day = date(2026, 7, 1)

    assert moment(day, stops=False, zone=OSLO, now=NOW) == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert moment(day, stops=True, zone=OSLO, now=NOW) == datetime(2026, 7, 1, 21, 59, 59, 999_999, tzinfo=UTC)


def test_the_last_moment_of_today_or_later_is_now():
    assert moment(date(2026, 11, 12), stops=True, zone=OSLO, now=NOW) == NOW
    assert moment(date(2031, 1, 1), stops=True, zone=OSLO, now=NOW) == NOW
    assert moment(date(2031, 1, 1), stops=False, zone=OSLO, now=NOW) == datetime(2030, 12, 31, 23, tzinfo=UTC)


def test_the_days_when_the_clock_is_put_have_23_and_25_hours():
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)

    for day, hours in ((spring, 23), (autumn, 25)):
        first = moment(day, stops=False, zone=OSLO, now=NOW)
        last = moment(day, stops=True, zone=OSLO, now=NOW)
        assert last - first == timedelta(hours=hours) - timedelta(microseconds=1)


def test_a_moment_without_a_zone_is_in_the_companys():
    assert moment(naive(2026, 7, 1, 12), stops=True, zone=OSLO, now=NOW) == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert moment(NOW, stops=True, zone=OSLO, now=NOW) == NOW


def test_of_an_hour_that_comes_twice_a_stop_takes_the_second():
    twice = naive(2026, 10, 25, 2, 30)

    assert moment(twice, stops=False, zone=OSLO, now=NOW) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert moment(twice, stops=True, zone=OSLO, now=NOW) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_an_unknown_date_stays_unknown():
    assert moment(None, stops=True, zone=OSLO, now=NOW) is None


# Words


@pytest.mark.parametrize(
    "word", ["yes", "Ja", "JA ", "true", "TRUE", "1", "x", "✓", "on", "PÅ", "til", "an", "aan", "y"]
)
def test_a_yes_in_six_languages(word):
    assert answer(word) == "yes"


@pytest.mark.parametrize(
    "word", ["no", "Nei", "nej", "Nein", "nee", "false", "0", "AV", "n/a", "never", "Ingen", "off"]
)
def test_a_no_in_six_languages(word):
    assert answer(word) == "no"


@pytest.mark.parametrize("word", ["unsubscribed", "Avmeldt", "Avregistrerad", "Afmeldt", "abgemeldet", "uitgeschreven"])
def test_some_words_are_stops(word):
    assert answer(word) == "stop"


def test_a_dash_is_nothing_and_other_words_are_unknown():
    assert [answer(word) for word in ("-", " – ", "?", "perhaps", "2 times")] == ["nothing"] * 3 + ["unknown"] * 2


@pytest.mark.parametrize(
    ("table", "key", "words"),
    [
        (BASES, "61A", "Consent|Samtykke|Samtycke|Einwilligung|Toestemming|SAMTYKKE |6(1)(a)"),
        (BASES, "61B", "Contract|Inngått avtale|Ingått avtal|Indgået aftale|Vertrag"),
        (BASES, "61C", "Required by law|Lovpålagt|Pålagt ved lov|Krävs enligt lag|Gesetzlich vorgeschrieben"),
        (BASES, "61F", "Legitimate interest|Berettiget interesse|Legitim interesse|Berättigat intresse|61F"),
        (BASES, "61F", "Berechtigtes Interesse|Gerechtvaardigd belang|Legitimate-Interest"),
        (BASES, "WITHDRAWN", "Withdrawn|Trukket tilbake|Återkallat|Trukket tilbage|Widerrufen|Ingetrokken"),
        (BASES, "OBJECTED", "Objected|Protestert|Invändning gjord|Gjort indsigelse|Widersprochen|Bezwaar gemaakt"),
        (BASES, "REFUSED", "Refused|Takket nei|Tackat nej|Takket nej|Abgelehnt|Geweigerd"),
        (SOURCES, "WEBFORM", "Web form|Webskjema|Webbformulär|Webformular|Web-Formular|Webformulier"),
        (SOURCES, "REQUEST", "Incoming request|Innkommende sak|Innkommende henvendelse|Eingehende Anfrage"),
        (SOURCES, "USER", "Created by user|Opprettet av bruker|Skapad av användare|Von Benutzer erstellt"),
        (TYPES, "NEWS", "News|Nyheter|Nyhetsbrev|Nyheder|Neuigkeiten|Nieuws|Newsletter"),
        (TYPES, "PROMOTIONS", "Promotions|Tilbud|Kampanjer|Werbeaktionen|Aanbiedingen"),
        (TYPES, "URGENT", "Urgent messages|Viktige meldinger|Hastemeldinger|Dringende Mitteilungen"),
        (TYPES, "INVITATIONS", "Invitations|Invitasjoner|Inbjudningar|Einladungen|Uitnodigingen"),
        (HUBSPOT_BASES, "61A", "Freely given consent from contact|Freiwillige Einwilligung des Kontakts"),
        (HUBSPOT_BASES, "61F", "Legitimate interest – existing customer|Legitimate interest - existing customer"),
        (HUBSPOT_BASES, "61F", "Berechtigtes Interesse – bestehender Kunde|Gerechtvaardigd belang - bestaande klant"),
        (HUBSPOT_BASES, "prospect_is_no_ground", "Legitimate interest – prospect/lead|legitimate interest: lead"),
        (HUBSPOT_BASES, "contract_is_no_ground", "Performance of a contract|Erfüllung eines Vertrags"),
    ],
)
def test_labels_in_six_languages_mean_one_key(table, key, words):
    assert {word: table.get(fold(word)) for word in words.split("|")} == dict.fromkeys(words.split("|"), key)


@pytest.mark.parametrize("word", ["Muntlig avtale", "Visittkort messe 2019", "Reservert mot reklame", "Ja", ""])
def test_a_label_outside_the_lists_is_unknown(word):
    assert fold(word) not in BASES


def test_countries_are_recognised_by_code_and_name():
    names = ["Norge", "NORGE", "no", "Tyskland", "The Netherlands", "UK", "Österreich", "Fr", "Freedonia", ""]

    assert [country_code(name) for name in names] == ["NO", "NO", "NO", "DE", "NL", "GB", "AT", "FR", "Freedonia", ""]


def test_a_cell_holds_several_items_each_once():
    assert split_list("Nyheter; Tilbud;Nyheter;;\nKurs, lokalt") == ["Nyheter", "Tilbud", "Kurs", "lokalt"]
