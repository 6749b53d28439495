"""What a file holds, in numbers that are the same on every run, dry or not."""

from dataclasses import dataclass, field, fields
from pathlib import Path

from persons.importing.formats import Row, recognise
from persons.importing.tables import open_table


@dataclass
class Counts:
    """Add every row, the refused ones too. Addresses are remembered by a hash of 8 bytes."""

    rows: int = 0
    valid: int = 0
    invalid: int = 0
    without_address: int = 0
    refused: int = 0  # rows whose cells cannot be trusted: in none of the three above
    duplicates: int = 0  # rows whose address stood in an earlier row
    stops: int = 0  # rows with a valid address that stop E-marketing
    bounced: int = 0  # distinct addresses
    _seen: set[int] = field(default_factory=set, repr=False)
    _bounced: set[int] = field(default_factory=set, repr=False)

    def add(self, row: Row) -> None:
        self.rows += 1
        if row.address:
            self._add_address(row, hash(row.address))
        elif row.refused:
            self.refused += 1
        elif row.email:
            self.invalid += 1
        else:
            self.without_address += 1

    def _add_address(self, row: Row, address: int) -> None:
        self.valid += 1
        self.duplicates += address in self._seen
        self._seen.add(address)
        self.stops += row.stops_emarketing
        if row.bounced and address not in self._bounced:
            self._bounced.add(address)
            self.bounced += 1

    def as_dict(self) -> dict[str, int]:
        return {each.name: getattr(self, each.name) for each in fields(self) if each.repr}


def describe(path: Path | str) -> Counts:
    """One pass over the file. Raises NotATable."""
    table = open_table(path)
    form = recognise(table.header)
    counts = Counts()
    for record in table.records():
        counts.add(form.read(record))
    return counts
