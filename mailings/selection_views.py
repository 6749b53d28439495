"""Deleting a selection: here, because mailings know whether they still need it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from mailings.models import Mailing
from persons.models import Selection


def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks first; refused while a mailing that has not begun takes its recipients from there."""
    selection = get_object_or_404(Selection, pk=pk)
    using = list(Mailing.objects.filter(selections=selection, started_at=None).exclude(state=Mailing.State.CANCELLED))
    if request.method == "POST" and not using:
        selection.delete()
        messages.success(request, _("The selection %(name)s was deleted. Its persons stay.") % {"name": selection})
        return redirect("selections:list")
    status = 422 if request.method == "POST" else 200
    return render(request, "selections/delete.html", {"selection": selection, "using": using}, status=status)
