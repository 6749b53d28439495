"""Pages of persons who were merged or erased: they lead to the one that was kept, or say kindly that nobody is left."""

from functools import wraps

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from persons.ledger import Outcome, Refused
from persons.models import Person


def kindly(view):
    """Answer for a person who is not there any more, were it since a moment ago, in place of the view's bare 404."""

    @wraps(view)
    def answered(request, pk, **rest):
        try:
            return view(request, pk, **rest)
        except (Http404, Refused) as error:
            if isinstance(error, Refused) and error.outcome != Outcome.GONE:
                raise
            return where_they_went(request, get_object_or_404(Person, pk=pk))

    return answered


def where_they_went(request, person):
    kept = person.kept_one()
    if kept.erased_at:
        return render(request, "persons/erased.html", {"person": kept}, status=410)
    if kept == person:
        raise Http404
    messages.info(request, _("This is the page of %(kept)s, into whom the person was merged.") % {"kept": kept})
    if request.method != "GET":
        return redirect(kept)
    return redirect(request.resolver_match.view_name, kept.pk)
