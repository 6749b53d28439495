"""Whether a text that somebody else wrote, a server or a file, names one of some persons.

Of an address they had before only the hash is kept: so every address that stands in the text is hashed and compared.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mailings.models import Recipient
from persons.addresses import normalise
from persons.models import FormerAddress, PendingConfirmation, Person, SingleMessage, keyed_hash

ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"']+@[^\s<>()\[\]:;,\"']+")
PHONE_LETTERS = 7  # a shorter number says nothing


@dataclass(frozen=True)
class Traces:
    """What names the persons: hashes of all their addresses, texts in lower case, and both names of each."""

    hashes: frozenset[bytes]
    texts: tuple[str, ...]
    names: tuple[frozenset[str], ...]

    def are_in(self, text: str) -> bool:
        folded = " ".join(text.casefold().split())
        return any(one in folded for one in self.texts) or any(
            keyed_hash(address) in self.hashes
            for found in ADDRESS.findall(folded)
            if (address := normalise(found.strip(".")))
        )

    def are_in_row(self, cells: Iterable[str]) -> bool:
        """Also where first and last name stand in two cells."""
        cells = [cell for cell in cells if cell]
        folded = {cell.strip().casefold() for cell in cells}
        return any(both <= folded for both in self.names) or self.are_in(" ".join(cells))


def of(persons: list[Person]) -> Traces:
    """Of persons who are not erased yet."""
    return Traces(frozenset(hashes(persons)), tuple(_texts(persons)), tuple(_names(persons)))


def hashes(persons: list[Person]) -> Iterable[bytes]:
    """Of every address that they have, had, were written to at, or asked with."""
    yield from (bytes(person.address_hash) for person in persons if person.address_hash)
    for model in (FormerAddress, Recipient, PendingConfirmation, SingleMessage):
        found = model._default_manager.filter(person__in=persons, address_hash__isnull=False)
        yield from (bytes(one) for one in found.values_list("address_hash", flat=True).distinct() if one)


def _texts(persons: list[Person]) -> Iterable[str]:
    mailed = Recipient.objects.filter(person__in=persons, address__isnull=False)
    yield from (one for one in mailed.values_list("address", flat=True).distinct() if one)
    for person in persons:
        first, last = person.first_name.casefold(), person.last_name.casefold()
        written = [person.email, person.address or ""]
        if first and last:
            written += [f"{first} {last}", f"{last} {first}", f"{last}, {first}"]
        written += [number for number in (person.phone, person.mobile) if len(number) >= PHONE_LETTERS]
        yield from {" ".join(one.casefold().split()) for one in written if one.strip()}


def _names(persons: list[Person]) -> Iterable[frozenset[str]]:
    for person in persons:
        both = frozenset((person.first_name.casefold(), person.last_name.casefold()))
        if "" not in both:
            yield both
