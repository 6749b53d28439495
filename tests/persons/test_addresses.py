import csv
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given, settings
from hypothesis import strategies as st

from persons.addresses import PLAIN, normalise

SAMPLES = Path(__file__).parents[1] / "samples"

LETTERS_AND_SIGNS = ["a", "b", "Z", "9", "-", "--", ".", "..", "_", "'", '"', "+", "@", " ", "\n", "é", "ß", "e\u0301"]
ODD_ONES = ["\u212a", "\u200b", "\u00a0", "\udc80", "x" * 32, "x" * 61, "xn--", "xn--blbr-roah"]
WORDS = ["test", "local", "arpa", "com", "example", "c1"]
pieces = st.sampled_from(LETTERS_AND_SIGNS + ODD_ONES + WORDS)
parts = st.lists(pieces, min_size=1, max_size=7).map("".join)
addresses = (
    st.builds("{}@{}".format, parts, parts)
    | st.builds("{}@{}.{}".format, parts, parts, parts)
    | st.builds("{}@{}.com".format, parts, parts)
    | st.emails()
)


def email_validator_says(address: str) -> str | None:
    try:
        found = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return None
    return f"{found.local_part}@{found.ascii_domain}".lower()


def django_accepts(address: str) -> bool:
    try:
        EmailValidator()(address)
    except ValidationError:
        return False
    return True


def kinds_of_addresses() -> list[tuple[str, str]]:
    with open(SAMPLES / "broken" / "10-invalid-addresses.csv", encoding="utf-8", newline="") as file:
        return [(row["E-post"], row["Kind"]) for row in csv.DictReader(file, delimiter=";")]


@settings(max_examples=400, deadline=None)
@given(addresses)
@example("a@b.c1")
@example("a@b.c")
@example("a@ab--c.com")
@example("a@firma.test")
@example("a@-b.com")
@example("a@b-.com")
@example("a@" + "x" * 64 + ".com")
def test_an_address_taken_on_sight_is_one_that_both_validators_accept(address):
    if PLAIN.match(address):
        assert email_validator_says(address) == address
        assert django_accepts(address)


@settings(max_examples=400, deadline=None)
@given(addresses)
@example("\u212a@example.com")
@example("a@" + "blåbær." * 30 + "com")
def test_what_is_valid_is_accepted_by_both_validators_and_is_its_own_normal_form(address):
    normal = normalise(address)

    if normal is not None:
        assert email_validator_says(normal) == normal
        assert django_accepts(normal)
        assert normal.isascii()
        assert normalise(normal) == normal


@settings(max_examples=400, deadline=None)
@given(addresses)
def test_a_plain_address_that_both_validators_accept_is_valid(address):
    said = email_validator_says(address)
    if said is not None and said.isascii() and address.index("@") <= 64 and django_accepts(said):
        assert normalise(address) == said


@pytest.mark.parametrize(("cell", "kind"), kinds_of_addresses())
def test_each_kind_of_the_sample_is_valid_or_not(cell, kind):
    assert (normalise(cell) is not None) == kind.startswith("valid")


def test_two_spellings_of_one_address_have_the_same_normal_form():
    spellings = [" Post@Blåbær.example.com", "post@bla\u030abær.EXAMPLE.com\u00a0", "POST@XN--BLBR-ROAH.example.com\t"]

    assert {normalise(spelling) for spelling in spellings} == {"post@xn--blbr-roah.example.com"}


def test_a_tag_makes_another_address():
    assert normalise("kari+news@example.com") != normalise("kari@example.com")
