"""The pages about selections: saved sets of persons, by hand or by filter."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from persons import selecting
from persons.filters import PersonFilterSet
from persons.list_views import Chosen, listing, without_anybody
from persons.models import Selection
from persons.selection_forms import NAME_LETTERS, AddForm, CombineForm, NameForm, NewSelectionForm

UNFOLLOWED = {"ids", "selection", "outcome"}  # filters that say who it was once, not who it is from now on


def selection_list(request: HttpRequest) -> HttpResponse:
    selections = Selection.objects.select_related("created_by")
    return render(request, "selections/list.html", {"selections": selections})


def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The persons of a selection; those of a dynamic one as they are at this moment."""
    selection = get_object_or_404(Selection, pk=pk)
    asked = PersonFilterSet({"selection": str(pk)})
    words = PersonFilterSet(selection.filter)
    context = listing(request, asked) | {
        "selection": selection,
        "words": [(words.form.fields[name].label, value) for name, value in words.active.items()],
        "filter_url": Chosen.of(selection.filter).url if selection.is_dynamic else "",
    }
    if not context["is_more"] and context["count"] != selection.counted:
        selecting.count(selection)
    return render(request, "selections/detail.html", context)


def add(request: HttpRequest) -> HttpResponse:
    """Make a selection of the persons chosen in a list, or put them into one that is there."""
    chosen = Chosen(request.GET)
    if chosen.is_nobody:
        return without_anybody(request)
    if request.method == "POST" and "selection" in request.POST:
        form, adding = new_form(chosen, None), AddForm(request.POST)
        if adding.is_valid():
            return put_into(request, adding.cleaned_data["selection"], chosen)
    else:
        form, adding = new_form(chosen, request.POST if request.method == "POST" else None), AddForm()
        if form.is_valid():
            return made(request, form, chosen)
    context = {"form": form, "adding": adding, "chosen": chosen, "count": chosen.persons.count()}
    return render(request, "selections/add.html", context, status=422 if form.errors or adding.errors else 200)


def new_form(chosen: Chosen, data: Any) -> NewSelectionForm:
    may_follow = bool(chosen.parameters) and not UNFOLLOWED & set(chosen.parameters)
    name = "" if "ids" in chosen.parameters else chosen.words[:NAME_LETTERS]
    return NewSelectionForm(data, initial={"name": name}, may_follow=may_follow)


def made(request: HttpRequest, form: NewSelectionForm, chosen: Chosen) -> HttpResponse:
    name = form.cleaned_data["name"]
    if form.is_dynamic:
        selection = selecting.make_dynamic(name, chosen.parameters, by=request.user)
    else:
        selection = selecting.make_static(name, chosen.persons, by=request.user)
    messages.success(request, _("The selection %(name)s was made.") % {"name": selection})
    return redirect("selections:detail", selection.pk)


def put_into(request: HttpRequest, selection: Selection, chosen: Chosen) -> HttpResponse:
    number = selecting.add(selection, chosen.persons)
    added = ngettext("%(number)d person was added to %(name)s.", "%(number)d persons were added to %(name)s.", number)
    messages.success(request, added % {"number": number, "name": selection})
    return redirect("selections:detail", selection.pk)


def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the persons chosen in the list of a static selection out of it; asks first."""
    selection = get_object_or_404(Selection, pk=pk, kind=Selection.Kind.STATIC)
    chosen = Chosen(request.GET)
    if chosen.is_nobody:
        return without_anybody(request)
    if request.method == "POST":
        number = selecting.remove(selection, chosen.persons)
        taken = ngettext(
            "%(number)d person was taken out of %(name)s.", "%(number)d persons were taken out of %(name)s.", number
        )
        messages.success(request, taken % {"number": number, "name": selection})
    else:
        return render(
            request,
            "selections/remove.html",
            {"selection": selection, "chosen": chosen, "count": chosen.persons.count()},
        )
    return redirect("selections:detail", pk)


def rename(request: HttpRequest, pk: int) -> HttpResponse:
    selection = get_object_or_404(Selection, pk=pk)
    form = NameForm(request.POST if request.method == "POST" else None, instance=selection)
    if form.is_valid():
        form.save()
        messages.success(request, _("The selection is now called %(name)s.") % {"name": selection})
        return redirect("selections:detail", pk)
    context = {"form": form, "selection": get_object_or_404(Selection, pk=pk)}
    return render(request, "selections/rename.html", context, status=422 if form.errors else 200)


def combine(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a third selection of this one and another."""
    selection = get_object_or_404(Selection, pk=pk)
    form = CombineForm(request.POST if request.method == "POST" else None, first=selection)
    if form.is_valid():
        asked = form.cleaned_data
        third = selecting.combine(
            asked["name"], selection, selecting.How(asked["how"]), asked["other"], by=request.user
        )
        messages.success(request, _("The selection %(name)s was made.") % {"name": third})
        return redirect("selections:detail", third.pk)
    status = 422 if form.errors else 200
    return render(request, "selections/combine.html", {"form": form, "selection": selection}, status=status)


@require_POST
def count(request: HttpRequest, pk: int) -> HttpResponse:
    """Count the persons of a selection again."""
    selection = get_object_or_404(Selection, pk=pk)
    selecting.count(selection)
    messages.success(request, _("%(name)s was counted.") % {"name": selection})
    return redirect("selections:detail", pk)
