"""Files for spreadsheets: written as a stream, and with nothing in them that a spreadsheet would run."""

import csv
import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import StreamingHttpResponse

# What Excel and its kin take for a formula (OWASP, CSV injection); spaces before it do not help.
FORMULA = re.compile(r"[\s\x00-\x1f]*[=+\-@\t\r＝＋－＠]")
DIALLED = re.compile(r"\+[\d ]+")  # a phone number is no formula
LINES_AT_ONCE = 500


def safe(text: str) -> str:
    """A text that a spreadsheet shows and does not run: an apostrophe goes before what looks like a formula."""
    return f"'{text}" if FORMULA.match(text) and not DIALLED.fullmatch(text) else text


def csv_response(name: str, head: list[Any], rows: Iterable[list[Any]]) -> StreamingHttpResponse:
    """Rows as a CSV file to keep, sent while they are read. Texts that users typed have to be `safe` already."""
    response = StreamingHttpResponse(csv_lines(head, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def csv_lines(head: list[Any], rows: Iterable[list[Any]]) -> Iterator[str]:
    """Some hundred lines at a time; a mark first, so that spreadsheets read it as UTF-8."""
    lines: list[str] = []
    writer = csv.writer(Collector(lines))
    writer.writerow(head)
    yield "\ufeff"
    for row in rows:
        writer.writerow(row)
        if len(lines) >= LINES_AT_ONCE:
            yield "".join(lines)
            lines.clear()
    yield "".join(lines)


class Collector:
    """A file that keeps its lines in a list."""

    def __init__(self, lines: list[str]):
        self.write = lines.append
