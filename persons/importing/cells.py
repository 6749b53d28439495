"""The cells of one row, read by what their column is for."""

import re
import unicodedata

from persons.importing.labels import fold
from persons.importing.problems import Problem
from persons.importing.values import Given, answer, parse_date

_NUMBER = re.compile(r"(\d{5,})[.,]0+\Z|\d[.,]?\d*E\+?\d+\Z", re.IGNORECASE)


class Cells:
    """The cells of one record by field, empty where there is no such column, and what was wrong with them."""

    def __init__(self, places: dict[str, int], cells: list[str]):
        if not "".join(cells).isascii():
            cells = [unicodedata.normalize("NFC", cell) for cell in cells]
        self.places, self.cells = places, cells
        self.trimmed = [*map(str.strip, cells), ""]  # the last for a column that is not there
        self.problems: list[Problem] = []
        self.in_doubt: set[str] = set()

    def text(self, field: str) -> str:
        return self.trimmed[self.places.get(field, -1)]

    def words(self, field: str) -> str:
        return " ".join(self.text(field).split())

    def as_typed(self, field: str) -> str:
        return self.cells[self.places[field]] if field in self.places else ""

    def problem(self, code: str, cell: str) -> None:
        self.problems.append(Problem(code, cell))

    def date(self, field: str) -> Given | None:
        text = self.text(field)
        found = parse_date(text) if text else None
        if text and found is None:
            self.problem("unreadable_date", text)
        return found

    def key(self, field: str, labels: dict[str, str]) -> str | None:
        text = self.text(field)
        found = labels.get(fold(text)) if text else None
        if text and found is None:
            self.problem("unknown_label", text)
        return found

    def flag(self, field: str) -> bool:
        """A yes. A no and an empty cell are no answer."""
        text = self.text(field)
        said = answer(text)
        if said in ("unknown", "stop"):
            self.problem("unknown_label", text)
        return said == "yes"

    def phone(self, field: str) -> str:
        """A spreadsheet makes numbers of phone numbers: `4710010010,0` can be mended, `4,71E+09` cannot."""
        text = self.text(field).removeprefix("'")
        number = _NUMBER.match(text)
        if number and not number[1]:
            self.problem("damaged_number", text)
        return text if number is None else number[1] or ""
