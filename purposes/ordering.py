"""The order of a list: one entry is put elsewhere, the others keep theirs."""

from typing import Any

from django.db import transaction

from .models import Listed


@transaction.atomic
def move(model: type[Listed], key: str | None, to: str | None, *, with_inactive: bool) -> dict[str, Any]:
    """Put an entry at the place `to`, from 0, among those that are shown; those not shown stay in their places.

    What it says then: name, number, count. Nothing where there is no such entry or place. Not an update of the entry in
    the sense of "Updated by": only its history keeps who moved it.
    """
    rows = list(model._default_manager.select_for_update().order_by("position", "pk"))
    shown = [row for row in rows if row.is_active or with_inactive]
    moved = next((row for row in shown if row.pk == key), None)
    if moved is None or not (to or "").isdecimal():
        return {}
    place = min(int(to or 0), len(shown) - 1)
    others = [row for row in shown if row is not moved]
    ordered = iter([*others[:place], moved, *others[place:]])
    _number([next(ordered) if row in shown else row for row in rows])
    return {"name": moved, "number": place + 1, "count": len(shown)}


def _number(rows: list[Listed]) -> None:
    for position, row in enumerate(rows):
        if row.position != position:
            type(row)._default_manager.filter(pk=row.pk).update(position=position)
