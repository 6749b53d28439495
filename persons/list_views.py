"""The list of persons, also that of a selection, and what can be done with the rows chosen there."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from persons import columns, lists
from persons.filters import PersonFilterSet
from persons.models import Person
from persons.views import link_to, number


def person_list(request: HttpRequest) -> HttpResponse:
    asked = PersonFilterSet(request.GET)
    context = listing(request, asked) | {
        "asked": asked,
        "filters": chips(request, asked),
        "linked": [asked.form[name] for name in asked.LINKED if name in asked.active],
        "more": [asked.form[name] for name in asked.MORE],
        "is_more_open": any(name in asked.active or name in asked.form.errors for name in asked.MORE),
        "is_narrowed": bool(asked.active) or not asked.is_valid(),
        "tabs": tabs(request),
    }
    return render(request, "persons/list.html", context)


def listing(request: HttpRequest, asked: PersonFilterSet) -> dict[str, Any]:
    """One page of the persons asked for, and whom an action on the list would be about."""
    persons = asked.qs if asked.is_valid() else Person.objects.none()
    shown = columns.chosen_by(request.user)
    return table(request, persons, shown) | {
        "choices": [(column, column in shown) for column in columns.COLUMNS.values()],
        "narrowed": [(name, asked.data[name]) for name in asked.active],
        "may_choose": True,
    }


def table(request: HttpRequest, persons: Any, shown: list[columns.Column]) -> dict[str, Any]:
    order = request.GET.get("sort", "")
    order = order if order in lists.ORDERS else "name"
    page = lists.page(persons, lists.ORDERS[order], after=number(request, "after"), before=number(request, "before"))
    count = lists.count(persons)
    return {
        "rows": columns.rows(page.rows, shown),
        "columns": shown,
        "count": min(count, lists.COUNTED),
        "is_more": count > lists.COUNTED,
        "sorted_by": {name: link_to(request, sort=name) for name in lists.ORDERS},
        "order": order,
        "next_url": page.after and link_to(request, after=page.after),
        "previous_url": page.before and link_to(request, before=page.before),
    }


def chips(request: HttpRequest, asked: PersonFilterSet) -> list[dict[str, Any]]:
    """What narrows the list besides the search, each with the address of the list without it."""
    fields = asked.form.fields
    return [
        {"label": fields[name].label, "words": words, "url": link_to(request, **{name: None})}
        for name, words in asked.active.items()
        if name != "q"
    ]


TABS = [
    ("persons:list", gettext_lazy("All persons"), ""),
    ("persons:work_list", gettext_lazy("Work list"), ""),
    ("persons:blocked", gettext_lazy("Blocked addresses"), ""),
    ("persons:operations", gettext_lazy("Operations"), "persons.bulk_update"),
]


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """The pages about many persons that this user may open."""
    here = request.resolver_match and request.resolver_match.view_name
    return [
        {"url": reverse(route), "label": label, "is_here": route == here}
        for route, label, right in TABS
        if not right or request.user.has_perm(right)
    ]


def without_anybody(request: HttpRequest) -> HttpResponse:
    """Back to the list, where no row was checked."""
    messages.warning(request, _("No row is checked. Check the persons first, or choose all of them."))
    return redirect(Chosen.of({name: value for name, value in request.GET.items() if name != "whom"}).url)


@require_POST
def choose_columns(request: HttpRequest) -> HttpResponse:
    """Keep which columns this user's lists have, and go back to the list."""
    columns.choose(request.user, request.POST.getlist("columns"))
    back = request.POST.get("next", "")
    return HttpResponseRedirect(back if url_has_allowed_host_and_scheme(back, None) else reverse("persons:list"))


# ---- whom an action is about


class Chosen:
    """The persons that an action on a list is about: the rows checked, or everybody whom the filters ask for."""

    def __init__(self, query: QueryDict):
        if query.get("whom") == "checked":
            asked: dict[str, Any] = {"ids": ",".join(pk for pk in query.getlist("checked") if pk.isdecimal())}
        else:
            asked = query.dict()
        self._ask(asked)

    @classmethod
    def of(cls, parameters: dict[str, Any]) -> "Chosen":
        """Those whom a saved filter asks for."""
        query = QueryDict(mutable=True)
        query.update(parameters)
        return cls(query)

    def _ask(self, asked: dict[str, Any]) -> None:
        self.asked = PersonFilterSet(asked)
        self.parameters = {name: asked[name] for name in self.asked.filters if name in asked}
        if not self.asked.is_valid():
            raise Http404

    @property
    def is_nobody(self) -> bool:
        """Rows were to be checked, and none was."""
        return self.parameters.get("ids") == ""

    @property
    def persons(self) -> Any:
        return self.asked.qs

    @property
    def query(self) -> str:
        found = QueryDict(mutable=True)
        found.update(self.parameters)
        return found.urlencode()

    @property
    def url(self) -> str:
        """The list of exactly these persons."""
        return f"{reverse('persons:list')}?{self.query}"

    @property
    def words(self) -> str:
        """What they have in common; nothing where they were picked one by one."""
        fields = self.asked.form.fields
        return ", ".join(f"{fields[name].label}: {words}" for name, words in self.asked.active.items() if name != "ids")
