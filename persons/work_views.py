"""The work list: what has to be seen to, how many persons it concerns, and the bulk update that fits."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from persons.list_views import tabs
from persons.models import Person, PreferenceRequest
from persons.work import MATTERS, Matter


@dataclass(frozen=True)
class Line:
    """One matter, with how many persons it concerns, the list of them, and the bulk update that fits."""

    matter: Matter
    number: int

    @property
    def url(self) -> str:
        return f"{reverse('persons:list')}?{urlencode({'work': self.matter.key})}"

    @property
    def deed_url(self) -> str:
        """Empty where persons have to be seen to one by one."""
        if not self.matter.deed:
            return ""
        return f"{reverse('persons:bulk_update')}?{urlencode({'work': self.matter.key})}&{self.matter.starts_with}"


def lines() -> list[Line]:
    kept = Person.objects.kept().order_by()
    return [Line(matter, matter.persons(kept).count()) for matter in MATTERS.values()]


def work_list(request: HttpRequest) -> HttpResponse:
    requests = PreferenceRequest.objects.waiting().select_related("person", "purpose")
    context = {"lines": lines(), "requests": requests, "tabs": tabs(request)}
    return render(request, "persons/work_list.html", context)


def counts(request: HttpRequest) -> HttpResponse:
    """What Home shows of it."""
    return render(request, "persons/counts/_work.html", {"lines": [line for line in lines() if line.number]})


@require_POST
def see_to(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that somebody has seen to the request of a person."""
    found = get_object_or_404(PreferenceRequest.objects.waiting().select_related("person"), pk=pk)
    found.handle(by=request.user)
    messages.success(request, _("The request of %(person)s is off the list.") % {"person": found.person})
    return redirect("persons:work_list")
