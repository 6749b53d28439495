"""Lists, one page at a time: of persons, and of whatever else stands in an order."""

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.db.models import BooleanField, ExpressionWrapper, F, Model, Q, QuerySet, Value
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from persons.models import Person

Row = TypeVar("Row", bound=Model)

PAGE_SIZE = 50
COUNTED = 10_000  # beyond, the list only says that there are more


@dataclass(frozen=True)
class Order:
    """In which order rows stand: by these fields, the last of them unique; `facts` are annotated first.

    `related` is what a row is shown with.
    """

    label: Any
    fields: tuple[str, ...]
    newest_first: bool = False
    facts: dict[str, Any] = field(default_factory=dict)
    model: type[Model] = Person
    related: tuple[str, ...] = ("company",)

    def sorted(self, rows: QuerySet[Row], *, backwards: bool = False) -> QuerySet[Row]:
        sign = "-" if backwards != self.newest_first else ""
        return rows.annotate(**self.facts).order_by(*(f"{sign}{name}" for name in self.fields))

    def beyond(self, rows: QuerySet[Row], place: tuple, *, backwards: bool = False) -> QuerySet[Row]:
        """Those that stand behind that place; backwards: ahead of it."""
        lookup = TupleLessThan if backwards != self.newest_first else TupleGreaterThan
        return rows.annotate(**self.facts).filter(lookup(self.fields, place))

    def place_of(self, pk: int) -> tuple | None:
        rows = self.model._default_manager.annotate(**self.facts)
        return rows.filter(pk=pk).values_list(*self.fields).first()


BY_NAME = Order(_("Name"), ("last_name", "first_name", "id"))
BY_COMPANY = Order(
    _("Company"),
    ("has_no_company", "company_name", "last_name", "first_name", "id"),
    facts={
        "has_no_company": ExpressionWrapper(Q(company=None), output_field=BooleanField()),
        "company_name": Coalesce(F("company__name"), Value("")),
    },
)
BY_CHANGE = Order(_("Changed"), ("updated_at", "id"), newest_first=True)
ORDERS = {"name": BY_NAME, "company": BY_COMPANY, "changed": BY_CHANGE}


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows in order; the ids to go on from, forwards and backwards, where there are more."""

    rows: list[Row]
    after: int | None
    before: int | None


def page(
    rows: QuerySet[Row], order: Order = BY_NAME, *, after: int | None = None, before: int | None = None
) -> Page[Row]:
    """The rows behind the one with the id `after`, or those ahead of `before`; the first ones without either.

    Every page costs the same, however far down it is: the place is found by the index, never by counting.
    """
    if before and (place := order.place_of(before)):
        found = _first(order.sorted(order.beyond(rows, place, backwards=True), backwards=True), order)
        return Page(
            rows=(shown := found[:PAGE_SIZE][::-1]),
            after=shown[-1].pk if shown else None,
            before=shown[0].pk if len(found) > PAGE_SIZE else None,
        )
    place = order.place_of(after) if after else None
    rest = order.beyond(rows, place) if place else rows
    found = _first(order.sorted(rest), order)
    shown = found[:PAGE_SIZE]
    return Page(
        rows=shown,
        after=shown[-1].pk if len(found) > PAGE_SIZE else None,
        before=shown[0].pk if place and shown else None,
    )


def _first(rows: QuerySet[Row], order: Order) -> list[Row]:
    """The first page of them and one more. By their ids: whole rows, sorted by the thousand, take much longer."""
    ids = list(rows.values_list("pk", flat=True)[: PAGE_SIZE + 1])
    found = rows.model._default_manager.select_related(*order.related).in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def count(rows: QuerySet[Any]) -> int:
    """How many they are; one more than COUNTED stands for more than that."""
    return rows.order_by()[: COUNTED + 1].count()
