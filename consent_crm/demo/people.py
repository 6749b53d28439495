"""Inventing persons and the companies they work for; nothing is written here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, product
from random import Random

from persons.addresses import normalise
from persons.models import Company, Person
from persons.models.address import keyed_hash

from .names import ASCII, COUNTRIES, Country

PERSONS_IN_A_COMPANY = 20 / 3  # 2,000 persons in 300 companies
DAYS = 730
DOMAINS = ("example.com", "example.org", "example.net")
PRIVATE_DOMAINS = ("mail.example.com", "post.example.org", "home.example.net")
INVALID = ("{local}@", "{local} at example.com", "{local}@example", "n/a", "{local}@@example.com")


@dataclass(frozen=True)
class Workplace:
    """A company of a country, and where its mail goes."""

    country: Country
    company: Company
    domain: str


@dataclass(frozen=True)
class Invented:
    """A person before they are saved, and what the story of their answers needs to know.

    `way` is how they came to us; to a dead address nothing can be delivered.
    """

    person: Person
    country: Country
    way: str
    has_dead_address: bool

    @property
    def since(self) -> datetime:
        return self.person.created_at


WAYS = {"import": 24, "form": 22, "user": 30, "portal": 9, "fair": 15}


def countries(number: int, chance: Random) -> list[Country]:
    return chance.choices(COUNTRIES, [country.share for country in COUNTRIES], k=number)


def workplaces(number: int, chance: Random) -> list[Workplace]:
    names = {country.name: _company_names(country, chance) for country in COUNTRIES}
    return [_workplace(country, *next(names[country.name]), chance) for country in countries(number, chance)]


def _company_names(country: Country, chance: Random) -> Iterator[tuple[str, str]]:
    """Names, each with a label for a domain; when the words are used up, the same names with other labels."""
    names = [f"{word} {trade}" for word, trade in product(country.company_words, country.trades)]
    chance.shuffle(names)
    for number in count(1):
        yield from ((name, f"{local_part(name)}{number if number > 1 else ''}") for name in names)


def _workplace(country: Country, name: str, label: str, chance: Random) -> Workplace:
    company = Company(name=f"{name} {country.form}", country=country.name, no_mailings=chance.random() < 0.02)
    return Workplace(country, company, f"{label}.{chance.choice(DOMAINS)}")


def local_part(text: str) -> str:
    """A name in letters that every mail server takes."""
    return re.sub(r"[^a-z0-9.-]", "", text.lower().translate(ASCII))


def invented(number: int, places: list[Workplace], today: datetime, chance: Random) -> list[Invented]:
    """The persons, the oldest acquaintances first."""
    homes = chance.choices(places, [chance.paretovariate(1.6) for _ in places], k=number)
    days = sorted(_day(today, chance) for _ in range(number))
    taken: set[str] = set()
    return [_invented(day, home, taken, chance) for day, home in zip(days, homes, strict=True)]


def _day(today: datetime, chance: Random) -> datetime:
    """A working hour of the last two years, of late a little more often."""
    day = today - timedelta(days=1 + int((DAYS - 10) * chance.random() ** 1.15))
    day -= timedelta(days=max(0, day.weekday() - 4))
    return day + timedelta(hours=chance.randint(8, 16), minutes=chance.randint(0, 59), seconds=chance.randint(0, 59))


def _invented(day: datetime, home: Workplace, taken: set[str], chance: Random) -> Invented:
    country = home.country
    postcode, city = chance.choice(country.places)
    person = Person(
        first_name=chance.choice(country.first_names),
        last_name=chance.choice(country.last_names),
        company=home.company if chance.random() < 0.94 else None,
        title=chance.choice(country.titles) if chance.random() < 0.7 else "",
        phone=_digits(country.phone, chance) if chance.random() < 0.5 else "",
        mobile=_digits(country.mobile, chance) if chance.random() < 0.7 else "",
        street=f"{chance.choice(country.streets)} {chance.randint(1, 90)}",
        postcode=postcode,
        city=city,
        country=country.name,
        language=country.language,
        no_mailings=chance.random() < 0.015,
        former_employee=chance.random() < 0.02,
        created_at=day,
    )
    _give_address(person, home, taken, chance)
    way = chance.choices(list(WAYS), list(WAYS.values()))[0]
    return Invented(person, country, way, has_dead_address=chance.random() < 0.018)


def _digits(pattern: str, chance: Random) -> str:
    return re.sub("#", lambda _: str(chance.randint(0, 9)), pattern)


def _give_address(person: Person, home: Workplace, taken: set[str], chance: Random) -> None:
    """Most have one of their own; some share the one of their company, a few have none, or one that cannot be."""
    local = f"{local_part(person.first_name)}.{local_part(person.last_name)}"
    luck = chance.random()
    if luck < 0.04 and person.company:
        person.email = f"post@{home.domain}"
    elif luck < 0.055:
        person.email = chance.choice(INVALID).format(local=local)
    elif luck < 0.095:
        person.email = ""
    else:
        person.email = _free(local, home.domain if person.company else chance.choice(PRIVATE_DOMAINS), taken)
    person.address = normalise(person.email)
    person.address_hash = keyed_hash(person.address) if person.address else None


def _free(local: str, domain: str, taken: set[str]) -> str:
    address, number = f"{local}@{domain}", 1
    while address in taken:
        number += 1
        address = f"{local}{number}@{domain}"
    taken.add(address)
    return address
