"""Persons picked for a mailing by their addresses, pasted or in a file. Nobody is ever added to the persons here."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.core.files import File

from mailings.drafts import other_recipients
from mailings.models import Mailing
from persons.addresses import normalise
from persons.importing.tables import WORKBOOKS, open_table
from persons.models import Person

BETWEEN = re.compile(r"[\s,;<>()\"']+")
AT_A_TIME = 5_000


@dataclass(frozen=True)
class Picked:
    """`added` so many persons; `there` so many were among them before; `unmatched` is what belongs to nobody."""

    added: int
    there: int
    unmatched: list[str]


def pick(mailing: Mailing, text: str) -> Picked:
    """Add everybody who has one of the addresses in the text, also several who share one. Raises Refused.

    The text is anything with addresses in it: a column, a list with commas, the line of recipients of a message.
    """
    written = {normalise(word) or word: word for word in BETWEEN.split(text) if "@" in word}
    with other_recipients(mailing):
        found = _persons_at(list(written))
        there = set(mailing.persons.filter(pk__in=found).values_list("pk", flat=True))
        mailing.persons.add(*(found.keys() - there))
    matched = set(found.values())
    unmatched = [word for address, word in written.items() if address not in matched]
    return Picked(added=len(found.keys() - there), there=len(there), unmatched=unmatched)


def _persons_at(addresses: list[str]) -> dict[int, str]:
    """Ids with addresses of the persons who are kept."""
    found: dict[int, str] = {}
    for start in range(0, len(addresses), AT_A_TIME):
        persons = Person.objects.kept().filter(address__in=addresses[start : start + AT_A_TIME])
        found |= dict(persons.values_list("pk", "address"))
    return found


def text_of(file: File) -> str:
    """All that a file says: of a workbook the cells, of anything else its text. Raises NotATable."""
    content = file.read()
    if not content.startswith(WORKBOOKS):
        return _decoded(content)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "list")
        path.write_bytes(content)
        return "\n".join(cell for line in open_table(path).lines() for cell in line.cells)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")  # addresses are ASCII in either
