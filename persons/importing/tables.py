"""The bytes of any file -> a header and numbered records. What cannot be trusted is refused, whole or by row.

A comma-separated file is read twice: once for its encoding, then as a stream, as often as wanted, in flat memory.
An Excel file is loaded by calamine, which holds one sheet.
"""

import codecs
import csv
import io
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

from charset_normalizer import from_bytes
from django.utils.translation import gettext as _
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from persons.importing.problems import NotAFile, NotATable

MOST_COLUMNS = 1_000
LONGEST_LINE = 1 << 20  # bytes
LARGEST_WORKBOOK = 2 << 30  # bytes of memory, to load it in
SLOWEST_WORKBOOK = 60  # seconds to load it
TITLE_ROWS = 20  # so many rows may stand above the header

csv.field_size_limit(LONGEST_LINE)  # notes of more than its 131,072 letters ended the reading

DELIMITERS = ";,\t|"
MARKS = {  # longest first: UTF-16's mark begins UTF-32's
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
OTHER_FILES = {
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"%PDF": "PDF",
    b"{\\rtf": "RTF",
    b"\x1f\x8b": "GZIP",
    b"7z\xbc\xaf": "7-Zip",
    b"Rar!": "RAR",
    b"SQLite format": "SQLite",
    b"<!doctype": "HTML",
    b"<html": "HTML",
    b"<table": "HTML",
    b"<?xml": "XML",
}
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx, .xlsb and .ods are ZIP files, .xls an OLE file

# An 8-bit encoding is known by the letters that it makes of the bytes: those of our languages, those of neighbours.
_OUR_LETTERS = frozenset("æøåäöüßéÆØÅÄÖÜÉ")
_OTHER_LETTERS = frozenset("èëêïíóúñçôâîûáàÈËÓÁÍÚÑÇ")
_SIGNS = frozenset("’‘“”„–—…€«»§°·®©²½´¨\u00a0")
_LIKELY = ("cp1252", "mac_roman", "cp850")
_POSSIBLE = ["cp1250", "cp1251", "cp1253", "cp1257", "iso8859_2", "cp852", "cp866", "koi8_r"]
_LOST = re.compile("[\0\ufffd\ud800-\udfff]")
_PROBLEM_OF = {"\0": "nul_bytes", "\ufffd": "replacement_letters"}  # else a surrogate: an undecodable byte


class Line(NamedTuple):
    cells: list[str]
    problem: str | None = None


class Record(NamedTuple):
    """One row that is not empty. `number` is what a spreadsheet shows: the header is row 1, empty rows count."""

    number: int
    cells: list[str]  # as many as the header has, unless there is a problem
    problem: str | None  # a key of problems.REFUSALS: the cells cannot be trusted


@dataclass(frozen=True)
class Table:
    header: list[str]
    header_number: int
    lines: Callable[[], Iterator[Line]]  # every row of the sheet from the first, the empty ones too
    encoding: str = ""  # of a text file
    delimiter: str = ""

    def records(self) -> Iterator[Record]:
        """The rows below the header, read anew at each call."""
        width, header_number = len(self.header), self.header_number
        for number, (cells, problem) in enumerate(self.lines(), 1):
            text = "".join(cells)
            if number > header_number and (problem or text.rstrip("\x1a")):
                yield Record(number, cells, problem or _problem(cells, text, width))


def open_table(path: Path | str) -> Table:
    """Raises NotATable with one sentence when there is nothing that could be imported."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            start = file.read(1 << 16)
            _refuse_what_is_no_table(start)
            table = _workbook(path) if start.startswith(WORKBOOKS) else _text_file(path, file, start)
    except OSError as error:
        raise NotAFile(error) from error
    _check_header(table.header)
    if next(table.records(), None) is None:
        raise NotATable(_("The file has a header and no rows."))
    return table


def _problem(cells: list[str], text: str, width: int) -> str | None:
    if len(cells) != width:
        return "wrong_column_count"
    if text.isascii() and "\0" not in text:
        return None
    lost = _LOST.search(text)
    return _PROBLEM_OF.get(lost[0], "undecodable") if lost else None


def _refuse_what_is_no_table(start: bytes) -> None:
    if not start.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n\x1a"):
        raise NotATable(_("The file is empty."))
    kind = next((kind for mark, kind in OTHER_FILES.items() if start.lower().startswith(mark.lower())), None)
    if kind:
        raise NotATable(_("This is no table but a %(kind)s file.") % {"kind": kind})


def _check_header(header: list[str]) -> None:
    if len(header) > MOST_COLUMNS:
        raise NotATable(
            _("The file has %(count)d columns; no more than %(limit)d can be read.")
            % {"count": len(header), "limit": MOST_COLUMNS}
        )
    numbers: dict[str, list[int]] = {}
    for number, name in enumerate(header, 1):
        if name.strip():
            numbers.setdefault("".join(name.casefold().split()), []).append(number)
    for same in numbers.values():
        if len(same) > 1:
            refuse_columns(header, same)


def refuse_columns(header: list[str], numbers: list[int]) -> None:
    """Several columns say the same: nobody but the user knows which one counts."""
    names = ", ".join(f"{number} ({header[number - 1].strip()})" for number in numbers)
    raise NotATable(
        _("Columns %(columns)s mean the same. Keep the one that counts and rename or remove the others.")
        % {"columns": names}
    )


def _find_header(lines: Iterator[Line]) -> tuple[int, Line] | None:
    """The first row with two filled cells and its number, else the first that is not empty: titles may stand above."""
    found = None
    for number, line in enumerate(lines, 1):
        filled = sum(1 for cell in line.cells if cell.strip())
        if filled > 1 or line.problem:
            return number, line
        found = found or ((number, line) if filled else None)
        if found and number >= TITLE_ROWS:
            break
    return found


# Text files


class Encoding(NamedTuple):
    name: str
    mixed: bool = False  # some lines are written in another one


def _text_file(path: Path, file: BinaryIO, start: bytes) -> Table:
    encoding = _encoding(file, start)
    errors = "replace" if encoding.name.startswith(("utf-16", "utf-32")) else "surrogateescape"

    def text() -> io.TextIOWrapper:
        return path.open(encoding=encoding.name, errors=errors, newline="")

    with text() as stream:
        sample = stream.read(1 << 16)
    delimiter = _delimiter(sample)
    eight_bits_with_utf8 = encoding.mixed and encoding.name != "utf-8"

    def lines() -> Iterator[Line]:
        with text() as stream:
            if re.match(r"sep=.\r?\n", sample, re.IGNORECASE):
                stream.readline()  # Excel's own hint, which it does not show
            for line in _csv_lines(stream, delimiter):
                if eight_bits_with_utf8 and any(_reads_as_utf8(cell, encoding.name) for cell in line.cells):
                    line = Line(line.cells, "undecodable")
                yield line

    found = _find_header(lines())
    if not found:
        raise NotATable(_("The file is empty."))
    number, header = found
    if header.problem or _LOST.search("".join(header.cells)):
        raise NotATable(_("The names of the columns cannot be read."))
    return Table(header.cells, number, lines, encoding.name, delimiter)


def _encoding(file: BinaryIO, start: bytes) -> Encoding:
    for mark, name in MARKS.items():
        if start.startswith(mark):
            return Encoding(name)
    zeros = start.count(0)
    if zeros > len(start) // 4:
        for name, odd in (("utf-16-le", 1), ("utf-16-be", 0)):
            if start[odd::2].count(0) > zeros * 0.9:
                return Encoding(name)
    odd_signs = len(start) - len(start.translate(None, bytes(range(9)) + bytes(range(14, 32))))
    if odd_signs > len(start) // 10:
        raise NotATable(_("This is no table: the file does not hold text."))
    file.seek(0)
    return _encoding_by_lines(_lines_beyond_ascii(file))


def _encoding_by_lines(lines: Iterator[bytes]) -> Encoding:
    """UTF-8 where it can be: hardly anything else reads as UTF-8, save by chance one line in many."""
    in_utf8, others, sample = 0, 0, bytearray()
    for line in lines:
        if _is_utf8(line):
            in_utf8 += 1
        else:
            others += 1
            if len(sample) < 1 << 16:
                sample += line + b"\n"
    if not others or in_utf8 * 10 > others:
        return Encoding("utf-8", mixed=bool(others))
    return Encoding(_encoding_of_eight_bits(bytes(sample)), mixed=bool(in_utf8))


def _lines_beyond_ascii(file: BinaryIO) -> Iterator[bytes]:
    rest = b""
    while piece := file.read(LONGEST_LINE):
        rest += piece
        end = max(rest.rfind(b"\n"), rest.rfind(b"\r")) + 1
        if not end and len(rest) >= LONGEST_LINE:
            raise _too_long_a_line()
        whole, rest = rest[:end], rest[end:]
        if not whole.isascii():
            yield from (line for line in whole.splitlines() if not line.isascii())
    if not rest.isascii():
        yield rest


def _too_long_a_line() -> NotATable:
    return NotATable(_("This is no table: a line is longer than %(limit)d characters.") % {"limit": LONGEST_LINE})


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _reads_as_utf8(cell: str, encoding: str) -> bool:
    return not cell.isascii() and _is_utf8(cell.encode(encoding, "surrogateescape"))


def _encoding_of_eight_bits(sample: bytes) -> str:
    """Windows, the old Mac or DOS, whichever makes the likeliest letters; where none does, a guess."""
    likelihood = {name: _likelihood(sample.decode(name, "replace")) for name in _LIKELY}
    best = max(_LIKELY, key=lambda name: likelihood[name])
    if likelihood[best] >= 0:
        return best
    guess = from_bytes(sample, cp_isolation=_POSSIBLE).best()
    return guess.encoding if guess else "cp1252"


def _likelihood(text: str) -> int:
    """A letter counts for the encoding, but not a capital behind a small letter; a sign within a word against it."""
    total = 0
    for place, sign in enumerate(text):
        if sign.isascii():
            continue
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        if sign in _OUR_LETTERS or sign in _OTHER_LETTERS:
            odd = (sign.isupper() and before.islower()) or (sign.islower() and after.isupper())
            total += -1 if odd else 2 if sign in _OUR_LETTERS else 1
        elif sign not in _SIGNS or (before.isalpha() and after.isalpha() and sign != "’"):
            total -= 1
    return total


def _delimiter(sample: str) -> str:
    """The one that divides most rows of the sample into the same number of cells, and into many.

    The share of rows weighs more: a note of many lines with a comma each has more rows than the table.
    """

    def agreement(delimiter: str) -> float:
        widths = Counter(
            len(cells) for cells in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if cells
        )
        return max(((width - 1) * (count / widths.total()) ** 2 for width, count in widths.items()), default=0)

    hint = re.match(r"sep=(.)\r?\n", sample, re.IGNORECASE)
    return hint[1] if hint else max(DELIMITERS, key=agreement)


def _csv_lines(stream: io.TextIOBase, delimiter: str) -> Iterator[Line]:
    """The rows of a stream. After a row with a stray quote comes the next; a cell without end ends the reading."""
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    while True:
        begin = reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            spans_lines = reader.line_num - begin > 1 or "end of data" in str(error)
            if "field larger" in str(error) and not spans_lines:
                raise _too_long_a_line() from error
            yield Line([], "unclosed_quote" if spans_lines else "stray_quote")
            if "field larger" in str(error):
                return
        else:
            swallowed = reader.line_num - begin > 1 and any(
                _swallowed_rows(cell, len(cells), delimiter) for cell in cells
            )
            yield Line(cells, "unclosed_quote" if swallowed else None)


def _swallowed_rows(cell: str, width: int, delimiter: str) -> bool:
    """Two stray quotes make one cell of whole rows: for each line break in it, all the delimiters of a row."""
    breaks = len(cell.splitlines()) - 1
    return width > 1 and breaks > 0 and "@" in cell and cell.count(delimiter) >= breaks * (width - 1)


# Excel


def _workbook(path: Path) -> Table:
    """The first visible sheet that holds a table: a header and something below it."""
    _refuse_what_fills_the_memory(path, path.stat().st_mtime_ns)
    try:
        with path.open("rb") as file:
            book = CalamineWorkbook.from_filelike(file)
            for number, sheet in enumerate(book.sheets_metadata):
                if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible:
                    table = _sheet(book.get_sheet_by_index(number))
                    if table:
                        return table
    except PasswordError as error:
        raise NotATable(_("The workbook is protected by a password.")) from error
    except CalamineError as error:
        raise NotATable(_("This is no table: the file is no workbook that can be read.")) from error
    raise NotATable(_("No sheet of the workbook holds a header and rows."))


@lru_cache(maxsize=32)
def _refuse_what_fills_the_memory(path: Path, _changed_at: int) -> None:
    """Load it aside first: calamine keeps every cell up to the farthest one, and where it cannot, the process dies."""
    command = [sys.executable, "-I", "-c", LOADING, str(path), str(LARGEST_WORKBOOK)]
    try:
        loaded = subprocess.run(  # noqa: S603 - our own program; of the file it gets but the path
            command, capture_output=True, timeout=SLOWEST_WORKBOOK
        ).returncode
    except subprocess.TimeoutExpired:
        loaded = -1
    if loaded < 0:  # ended by a signal
        raise NotATable(_("The workbook is too large. Remove what stands far from the table, or save it as CSV."))


LOADING = """
import resource, sys
from python_calamine import CalamineWorkbook
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), int(sys.argv[2])))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
book = CalamineWorkbook.from_filelike(open(sys.argv[1], "rb"))
for number in range(len(book.sheet_names)):
    book.get_sheet_by_index(number)
"""


def _sheet(sheet: CalamineSheet) -> Table | None:
    before = [""] * (sheet.start[1] if sheet.start else 0)  # calamine begins at the first column in use

    def lines() -> Iterator[Line]:
        return (Line(before + [_cell(value) for value in row]) for row in sheet.iter_rows())

    found = _find_header(lines())
    if not found:
        return None
    number, header = found
    table = Table(header.cells, number, lines)
    return table if next(table.records(), None) else None


def _cell(value: object) -> str:
    """As it would stand in a text file: whole numbers without a point, dates in ISO 8601, midnight as a bare date."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    return value.isoformat() if isinstance(value, date) else str(value)
