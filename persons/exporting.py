"""Persons as a file: every column of them, with what they answered, read and written as a stream."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import IO, Any

import xlsxwriter
from django.contrib.postgres.aggregates import StringAgg
from django.db import connection
from django.db.models import (
    F,
    FilteredRelation,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.functions import Cast, NullIf
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from persons.models import Operation, Person, Subscription
from persons.outcomes import EXPORTED
from persons.spreadsheets import FORMULA, csv_head
from purposes.models import Purpose

ROWS_OF_A_SHEET = 1_048_575  # that Excel can hold, without the head
ROWS_AT_ONCE = 2_000
BYTES_AT_ONCE = 64 * 1024


class Kind(Enum):
    """What the cells of a column are."""

    TEXT = auto()
    NUMBER = auto()
    TRUTH = auto()
    MOMENT = auto()


@dataclass(frozen=True)
class Field:
    """One column of the file: what it is read from, and how it is shown."""

    key: str
    label: Any
    source: Any  # the name of a field, or an expression
    kind: Kind = Kind.TEXT


OF_THE_PERSON = [
    Field("id", gettext_lazy("Person ID"), "id", Kind.NUMBER),
    Field("first_name", gettext_lazy("First name"), "first_name"),
    Field("last_name", gettext_lazy("Last name"), "last_name"),
    Field("email", gettext_lazy("E-mail address"), "email"),
    Field("company", gettext_lazy("Company"), "company__name"),
    Field("title", gettext_lazy("Job title"), "title"),
    Field("phone", gettext_lazy("Phone"), "phone"),
    Field("mobile", gettext_lazy("Mobile phone"), "mobile"),
    Field("street", gettext_lazy("Street"), "street"),
    Field("postcode", gettext_lazy("Postcode"), "postcode"),
    Field("city", gettext_lazy("City"), "city"),
    Field("country", gettext_lazy("Country"), "country"),
    Field("language", gettext_lazy("Language"), "language"),
    Field("no_mailings", gettext_lazy("No mailings"), "no_mailings", Kind.TRUTH),
    Field("former_employee", gettext_lazy("Former employee"), "former_employee", Kind.TRUTH),
    Field("created", gettext_lazy("Created"), "created_at", Kind.MOMENT),
    Field("changed", gettext_lazy("Changed"), "updated_at", Kind.MOMENT),
]


def groups() -> list[tuple[Any, list[Field]]]:
    """What a file can hold: the person, the answer on each purpose, the subscriptions."""
    answers = [(purpose, of_purpose(purpose)) for purpose in Purpose.objects.active()]
    subscriptions = [
        Field("subscribed", _("Subscribed to"), types(is_active=True)),
        Field("ended", _("Subscriptions ended"), types(is_active=False)),
    ]
    return [(_("Person"), OF_THE_PERSON), *answers, (_("Subscriptions"), subscriptions)]


def of_purpose(purpose: Purpose) -> list[Field]:
    answer = _relation(purpose.pk)
    parts = [
        ("basis", _("legal basis"), f"{answer}__basis__name", Kind.TEXT),
        ("source", _("source"), f"{answer}__source__name", Kind.TEXT),
        ("given", _("given"), f"{answer}__given_at", Kind.MOMENT),
        ("until", _("valid until"), f"{answer}__valid_until", Kind.MOMENT),
    ]
    return [Field(f"{purpose.pk}.{part}", f"{purpose}: {label}", source, kind) for part, label, source, kind in parts]


def types(*, is_active: bool) -> Any:
    chosen = Subscription.objects.filter(person=OuterRef("pk"), is_active=is_active).order_by()
    names = chosen.values("person").annotate(names=StringAgg("type__name", ", ", order_by=["type__name"]))
    return Subquery(names.values("names"))


def rows(persons: QuerySet[Person], fields: list[Field]) -> Iterator[list[Any]]:
    """The cells of each person, in ascending id, as they are."""
    cells = _cells(persons, [_expression(field) for field in fields])
    yield from (list(row) for row in cells.iterator(chunk_size=ROWS_AT_ONCE))


def csv_lines(persons: QuerySet[Person], fields: list[Field]) -> Iterator[bytes]:
    """The same as a CSV file, made by the database: texts that a spreadsheet does not run, times in the user's zone."""
    sql, parameters = _cells(persons, [_as_text(field) for field in fields]).query.sql_with_params()
    yield "".join(csv_head([field.label for field in fields])).encode()
    block = bytearray()
    with connection.cursor() as cursor:
        written = cursor.mogrify(sql, parameters)
        with cursor.copy(f"COPY ({written}) TO STDOUT (FORMAT csv)") as lines:
            for line in lines:
                block += line
                if len(block) > BYTES_AT_ONCE:
                    yield bytes(block)
                    block.clear()
    yield bytes(block)


def _cells(persons: QuerySet[Person], expressions: list[Any]) -> Any:
    keys = Purpose.objects.active().values_list("pk", flat=True)
    answers = {_relation(key): FilteredRelation("consents", condition=Q(consents__purpose=key)) for key in keys}
    cells = {f"cell_{number}": expression for number, expression in enumerate(expressions)}
    chosen = Person.objects.filter(pk__in=persons.order_by().values("pk"))
    return chosen.annotate(**answers).annotate(**cells).order_by("pk").values_list(*cells)


def _relation(purpose: str) -> str:
    return f"answer_{purpose.lower()}"


def _expression(field: Field) -> Any:
    return F(field.source) if isinstance(field.source, str) else field.source


def _as_text(field: Field) -> Any:
    cell, text = _expression(field), TextField()
    match field.kind:
        case Kind.TRUTH:
            return Cast(cell, IntegerField())
        case Kind.MOMENT:
            zone = Func(
                cell,
                Value(str(timezone.get_current_timezone())),
                template="(%(expressions)s)",
                arg_joiner=" AT TIME ZONE ",
            )
            return Func(zone, Value("YYYY-MM-DD HH24:MI:SS"), function="to_char", output_field=text)
        case Kind.TEXT:
            safe = Func(cell, Value(FORMULA), Value(r"'\&"), function="regexp_replace", output_field=text)
            return NullIf(safe, Value("", output_field=text))
        case _:
            return cell


def write_excel(file: IO[bytes], head: list[Any], rows: Iterator[list[Any]]) -> None:
    """Write an Excel file row by row, so that the memory does not grow; every text is a text, never a formula."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
    with xlsxwriter.Workbook(file, options | {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        sheet = book.add_worksheet(_("Persons")[:31])
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, [str(label) for label in head], book.add_format({"bold": True}))
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                _write_cell(sheet, number, column, cell)


def _write_cell(sheet: Any, row: int, column: int, cell: Any) -> None:
    if isinstance(cell, datetime):
        sheet.write_datetime(row, column, timezone.localtime(cell))
    elif isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell)
    elif cell is not None:
        sheet.write_number(row, column, cell)


def keep_that(user: Any, number: int) -> Operation:
    """Record that somebody took persons out of the house: who, when, how many."""
    return Operation.objects.create(
        kind=Operation.Kind.EXPORT,
        state=Operation.State.DONE,
        created_by=user,
        finished_at=timezone.now(),
        total=number,
        done=number,
        counts={EXPORTED: number},
    )
