"""The pages of the lists under Privacy, one shape for all of them (rules 4.9)."""

from copy import copy
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from . import ordering
from .kinds import Kind
from .models import Listed
from .references import why_not_deleted
from .setting_forms import to_edit
from .tabs import tabs


@dataclass(frozen=True)
class Row:
    """One entry as the table shows it, at its place from 0 among those that are shown."""

    entry: Listed
    urls: dict[str, str]
    place: int
    count: int

    @property
    def above(self) -> int:
        return max(self.place - 1, 0)

    @property
    def below(self) -> int:
        return min(self.place + 1, self.count - 1)


def entries(request: HttpRequest, kind: Kind) -> HttpResponse:
    return render(request, kind.template, listed(request, kind))


def listed(request: HttpRequest, kind: Kind) -> dict[str, Any]:
    """What the page of a list shows: active entries, and the others when they are asked for."""
    with_inactive = "inactive" in request.GET
    rows = list(kind.rows.order_by("position", "pk").prefetch_related(*kind.with_rows))
    shown = [row for row in rows if row.is_active or with_inactive]
    return {
        "kind": kind,
        "rows": [Row(entry, kind.urls(entry), place, len(shown)) for place, entry in enumerate(shown)],
        "inactive": len(rows) - sum(row.is_active for row in rows),
        "with_inactive": with_inactive,
        "tabs": tabs(kind.listed),
    }


@transaction.atomic
def add(request: HttpRequest, kind: Kind) -> HttpResponse:
    form = kind.form(request.POST or None, instance=kind.model())
    if form.is_bound and form.is_valid():
        entry = form.save_by(request.user)
        messages.success(request, _("%(name)s is added.") % {"name": entry})
        return redirect(kind.listed)
    return page(request, kind.form_template, kind, form.instance, form=form)


@transaction.atomic
def entry(request: HttpRequest, kind: Kind, key: str) -> HttpResponse:
    entry = to_edit(request, kind.rows, key=key)
    form = kind.form(request.POST or None, instance=entry)
    if form.is_bound and form.is_valid():
        entry = form.save_by(request.user)
        messages.success(request, _("%(name)s is saved.") % {"name": entry})
        return redirect(kind.listed)
    why_not = {"why_not_deleted": why_not_deleted(entry), "why_not_deactivated": why_not_deactivated(entry)}
    return page(request, kind.form_template, kind, entry, form=form, **why_not)


@transaction.atomic
def deactivate(request: HttpRequest, kind: Kind, key: str) -> HttpResponse:
    """GET shows what it would mean, POST does it; what the rules forbid is said in their words."""
    entry = to_edit(request, kind.rows.filter(is_active=True), key=key)
    refusal = why_not_deactivated(entry)
    if request.method == "POST" and not refusal:
        save(entry, request.user, is_active=False)
        messages.success(request, _("%(name)s is now inactive.") % {"name": entry})
        return redirect(kind.listed)
    effect_url = kind.effect_url(entry)
    return page(request, "purposes/deactivate.html", kind, entry, refusal=refusal, effect_url=effect_url)


@require_POST
def restore(request: HttpRequest, kind: Kind, key: str) -> HttpResponse:
    entry = get_object_or_404(kind.model, key=key)
    save(entry, request.user, is_active=True)
    messages.success(request, _("%(name)s is now active.") % {"name": entry})
    return redirect(kind.listed)


@transaction.atomic
def delete(request: HttpRequest, kind: Kind, key: str) -> HttpResponse:
    """GET asks, POST deletes; never what is built in or in use."""
    entry = to_edit(request, kind.rows, key=key)
    refusal = why_not_deleted(entry)
    if request.method == "POST" and not refusal:
        try:
            with transaction.atomic():
                entry.delete()
        except ProtectedError:
            refusal = why_not_deleted(entry)
        else:
            messages.success(request, _("%(name)s is deleted.") % {"name": entry})
            return redirect(kind.listed)
    return page(request, "purposes/delete.html", kind, entry, refusal=refusal)


@require_POST
def order(request: HttpRequest, kind: Kind) -> HttpResponse:
    """Move one entry to another place among those that are shown."""
    with_inactive = "inactive" in request.GET
    moved = ordering.move(kind.model, request.POST.get("key"), request.POST.get("to"), with_inactive=with_inactive)
    if moved:
        messages.success(request, _("%(name)s is now number %(number)d of %(count)d.") % moved)
    return redirect(reverse(kind.listed) + ("?inactive=1" if with_inactive else ""))


def why_not_deactivated(entry: Listed) -> str:
    """What the rules say against it, as a sentence; empty when nothing."""
    inactive = copy(entry)
    inactive.is_active = False
    try:
        inactive.clean()
        inactive.validate_constraints()
    except ValidationError as refused:
        return " ".join(refused.messages)
    return ""


def save(entry: Listed, user: Any, *, is_active: bool) -> None:
    entry.is_active, entry.updated_by = is_active, user
    entry.save(update_fields=["is_active", "updated_at", "updated_by"])


def page(request: HttpRequest, template: str, kind: Kind, entry: Listed, **context: Any) -> HttpResponse:
    """The page of one entry; 422 where what was sent in is refused."""
    context |= {"kind": kind, "entry": entry, "urls": kind.urls(entry)}
    return render(request, template, context, status=422 if request.method == "POST" else 200)
