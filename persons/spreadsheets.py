"""Files for spreadsheets: written as a stream, and with nothing in them that a spreadsheet would run."""

import csv
import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import StreamingHttpResponse

# The beginning of what Excel and its kin take for a formula (OWASP, CSV injection), spaces before it or not; a phone
# number is none. For Python and PostgreSQL alike.
FORMULA = r"^(?!\+[\d ]+$)\s*[=+\-@＝＋－＠]"
LINES_AT_ONCE = 500


def safe(text: str) -> str:
    """A text that a spreadsheet shows and does not run: an apostrophe goes before what looks like a formula."""
    return re.sub(FORMULA, r"'\g<0>", text)


def csv_response(name: str, head: list[Any], rows: Iterable[list[Any]]) -> StreamingHttpResponse:
    """Rows as a CSV file to keep, sent while they are read. Texts that users typed have to be `safe` already."""
    return csv_file(name, csv_lines(head, rows))


def csv_file(name: str, lines: Iterable[str | bytes]) -> StreamingHttpResponse:
    """A CSV file to keep, of lines that are ready."""
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def csv_lines(head: list[Any], rows: Iterable[list[Any]]) -> Iterator[str]:
    """Some hundred lines at a time."""
    yield from csv_head(head)
    lines: list[str] = []
    writer = csv.writer(Collector(lines))
    for row in rows:
        writer.writerow(row)
        if len(lines) >= LINES_AT_ONCE:
            yield "".join(lines)
            lines.clear()
    yield "".join(lines)


def csv_head(head: list[Any]) -> list[str]:
    """The names of the columns; a mark first, so that spreadsheets read the file as UTF-8."""
    lines = ["\ufeff"]
    csv.writer(Collector(lines)).writerow(head)
    return lines


class Collector:
    """A file that keeps its lines in a list."""

    def __init__(self, lines: list[str]):
        self.write = lines.append
