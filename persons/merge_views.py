"""Merging two rows that are one person: whom to merge, what becomes of it, and doing it (rules 4.12)."""

from dataclasses import replace

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from persons import merging
from persons.filters import search
from persons.models import Door, Person
from persons.views import number, person_or_404, recorder

SHOWN = 10


def merge(request, pk):
    """Find the other one; with `other`, show what becomes of the two, and on POST do it."""
    person = person_or_404(pk)
    pk_of_other = number(request, "other")
    if pk_of_other is None:
        return choose(request, person)
    other = get_object_or_404(Person.objects.kept().select_related("company"), pk=pk_of_other)
    if other == person:
        raise Http404
    if request.method == "POST":
        return done(request, person, other)
    return preview(request, person, other)


def choose(request, person):
    """Whoever has the same name or address is offered first; anybody else is searched for."""
    query = request.GET.get("q", "").strip()
    others = Person.objects.kept().exclude(pk=person.pk).select_related("company")
    found = search(others, query) if query else merging.similar(person)
    context = {"person": person, "query": query, "found": found[:SHOWN]}
    return render(request, "persons/merge_choose.html", context)


def preview(request, person, other, status=200):
    context = {"person": person, "other": other, "plan": merging.plan(person, other)}
    return render(request, "persons/merge.html", context, status=status)


def done(request, person, other):
    by = replace(recorder(request, "company"), door=Door.MERGE)
    try:
        merging.merge(person.pk, other.pk, by=by, seen=request.POST.get("seen"))
    except merging.Changed:
        messages.error(request, _("Something about the two changed meanwhile. Nothing was merged; please look again."))
        return preview(request, person, other, status=422)
    except Person.DoesNotExist:
        messages.error(request, _("One of the two was merged or erased meanwhile. Nothing was merged."))
        return redirect(person)
    messages.success(
        request, _("%(other)s was merged into %(person)s.") % {"other": other.described, "person": person.described}
    )
    return redirect(person)
