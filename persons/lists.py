"""The list of persons, one page at a time."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, F, Q, QuerySet, Value
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from persons.models import Person

PAGE_SIZE = 50
COUNTED = 10_000  # beyond, the list only says that there are more


@dataclass(frozen=True)
class Order:
    """In which order persons stand: by these fields, the last of them unique; `facts` are annotated first."""

    label: Any
    fields: tuple[str, ...]
    newest_first: bool = False
    facts: dict[str, Any] = field(default_factory=dict)

    def sorted(self, persons: QuerySet[Person], *, backwards: bool = False) -> QuerySet[Person]:
        sign = "-" if backwards != self.newest_first else ""
        return persons.annotate(**self.facts).order_by(*(f"{sign}{name}" for name in self.fields))

    def beyond(self, persons: QuerySet[Person], place: tuple, *, backwards: bool = False) -> QuerySet[Person]:
        """Those who stand behind that place; backwards: ahead of it."""
        lookup = TupleLessThan if backwards != self.newest_first else TupleGreaterThan
        return persons.annotate(**self.facts).filter(lookup(self.fields, place))

    def place_of(self, pk: int) -> tuple | None:
        return Person.objects.annotate(**self.facts).filter(pk=pk).values_list(*self.fields).first()


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
class Page:
    """Persons with their companies, in order; the ids to go on from, forwards and backwards, where there are more."""

    persons: list[Person]
    after: int | None
    before: int | None


def page(
    persons: QuerySet[Person], order: Order = BY_NAME, *, after: int | None = None, before: int | None = None
) -> Page:
    """The persons behind the one with the id `after`, or those ahead of `before`; the first ones without either.

    Every page costs the same, however far down it is: the place is found by the index, never by counting.
    """
    if before and (place := order.place_of(before)):
        found = _first(order.sorted(order.beyond(persons, place, backwards=True), backwards=True))
        return Page(
            persons=(shown := found[:PAGE_SIZE][::-1]),
            after=shown[-1].pk if shown else None,
            before=shown[0].pk if len(found) > PAGE_SIZE else None,
        )
    place = order.place_of(after) if after else None
    rest = order.beyond(persons, place) if place else persons
    found = _first(order.sorted(rest))
    shown = found[:PAGE_SIZE]
    return Page(
        persons=shown,
        after=shown[-1].pk if len(found) > PAGE_SIZE else None,
        before=shown[0].pk if place and shown else None,
    )


def _first(persons: QuerySet[Person]) -> list[Person]:
    """The first page of them and one more. By their ids: whole persons, sorted by the thousand, take much longer."""
    ids = list(persons.values_list("pk", flat=True)[: PAGE_SIZE + 1])
    found = Person.objects.select_related("company").in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def count(persons: QuerySet[Person]) -> int:
    """How many they are; one more than COUNTED stands for more than that."""
    return persons.order_by()[: COUNTED + 1].count()
