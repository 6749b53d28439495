"""Addresses that bounce, to be worked through: why, in the server's words, and writing to them again (rules 4.14)."""

from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from persons import deliverability, lists
from persons.list_views import tabs
from persons.models import Deliverability, Person
from persons.views import link_to, number, person_or_404

LATEST_FIRST = lists.Order(
    gettext_lazy("Blocked"),
    ("blocked_at", "id"),
    newest_first=True,
    facts={
        "blocked_at": Subquery(
            Deliverability.objects.filter(address_hash=OuterRef("address_hash")).values(
                at=Coalesce("failed_at", "updated_at")
            )
        )
    },
)


def blocked(request: HttpRequest) -> HttpResponse:
    addresses = Deliverability.objects.bounced().values("address_hash")
    persons = Person.objects.kept().filter(address_hash__in=addresses)
    page = lists.page(persons, LATEST_FIRST, after=number(request, "after"), before=number(request, "before"))
    context = {
        "rows": with_reasons(page.rows),
        "number": lists.count(persons),
        "tabs": tabs(request),
        "next_url": page.after and link_to(request, after=page.after),
        "previous_url": page.before and link_to(request, before=page.before),
    }
    return render(request, "persons/blocked.html", context)


def with_reasons(persons: list[Person]) -> list[tuple[Person, Any]]:
    """Each person with what is known about the address."""
    hashes = [bytes(person.address_hash) for person in persons if person.address_hash]
    known = Deliverability.objects.select_related("cleared_by").in_bulk(hashes)
    facts = {bytes(hash_): row for hash_, row in known.items()}
    return [(person, facts[bytes(person.address_hash)]) for person in persons if person.address_hash]


@require_POST
def clear(request: HttpRequest, pk: int) -> HttpResponse:
    """Write to an address again."""
    person = person_or_404(pk)
    if person.address_hash and deliverability.clear(bytes(person.address_hash), by=request.user):
        messages.success(request, _("Mail goes to %(address)s again.") % {"address": person.address})
    else:
        messages.info(request, _("This address is not blocked by bounces; nothing was changed."))
    return redirect("persons:blocked")
