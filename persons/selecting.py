"""Making and changing selections, set by set; every step is safe to run twice."""

from typing import Any

from django.db import connection, models, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from persons.filters import persons_of
from persons.models import Person, Selection
from persons.verdict import among_ids


class How(models.TextChoices):
    """How two selections make a third."""

    AND = "and", _("Those who are in both")
    OR = "or", _("Those who are in one or the other")
    WITHOUT = "without", _("Those of this one who are not in the other")


def make_static(name: str, persons: QuerySet[Person], *, by: Any) -> Selection:
    """A selection of these persons, as they are now."""
    with transaction.atomic():
        selection = Selection.objects.create(name=name, created_by=by)
        add(selection, persons)
    return selection


def make_dynamic(name: str, parameters: dict[str, Any], *, by: Any) -> Selection:
    """A selection of whoever the filters ask for, each time it is used."""
    selection = Selection.objects.create(name=name, kind=Selection.Kind.DYNAMIC, filter=parameters, created_by=by)
    count(selection)
    return selection


def add(selection: Selection, persons: QuerySet[Person]) -> int:
    """Put persons into a static selection; how many were not in it before."""
    return _change(
        selection,
        """INSERT INTO persons_selection_members (selection_id, person_id)
           SELECT %(selection)s, id FROM persons_person WHERE id IN ({ids}) ORDER BY id ON CONFLICT DO NOTHING""",
        persons,
    )


def remove(selection: Selection, persons: QuerySet[Person]) -> int:
    """Take persons out of a static selection; how many were in it."""
    return _change(
        selection,
        "DELETE FROM persons_selection_members WHERE selection_id = %(selection)s AND person_id IN ({ids})",
        persons,
    )


def combine(name: str, first: Selection, how: How, second: Selection, *, by: Any) -> Selection:
    """A static selection of those who are in both, in either, or in the first without the second, at this moment."""
    one, other = persons_of(first).order_by().values("pk"), persons_of(second).order_by().values("pk")
    in_one, in_other = models.Q(pk__in=one), models.Q(pk__in=other)
    asked = {How.AND: in_one & in_other, How.OR: in_one | in_other, How.WITHOUT: in_one & ~in_other}[how]
    return make_static(name, Person.objects.kept().filter(asked), by=by)


def count(selection: Selection) -> int:
    """How many persons there are in it now; remembered, with the moment."""
    number = persons_of(selection).filter(erased_at=None, merged_into=None).order_by().count()
    Selection.objects.filter(pk=selection.pk).update(counted=number, counted_at=Now())
    selection.refresh_from_db(fields=["counted", "counted_at"])
    return number


def _change(selection: Selection, statement: str, persons: QuerySet[Person]) -> int:
    ids = among_ids(persons)
    assert ids is not None  # noqa: S101 - told to the type checker
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement.format(ids=ids), {"selection": selection.pk})
            changed = cursor.rowcount
        count(selection)
    return changed
