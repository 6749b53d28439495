"""Numbers of persons that pages of other rooms show, as parts of a page that htmx fetches."""

from urllib.parse import urlencode

from django.db.models import Count
from django.http import Http404
from django.shortcuts import get_object_or_404, render

from persons import validity, verdict
from persons.filters import numbers, persons_asked_for
from persons.models import Consent, Person
from purposes.models import Purpose, Wording


def purposes(request):
    """For each purpose, how many persons have it ON; inactive ones too when they are asked for."""
    given = Consent.objects.on().filter(person__erased_at=None, person__merged_into=None)
    counted = dict(given.order_by().values_list("purpose").annotate(Count("pk")))
    shown = Purpose.objects.all() if "inactive" in request.GET else Purpose.objects.active()
    counts = [(purpose.pk, counted.get(purpose.pk, 0)) for purpose in shown]
    return render(request, "persons/counts/_purposes.html", {"counts": counts})


def purpose_effect(request, key):
    """How many persons have a purpose ON, and how many of them on the bases asked about."""
    if not (purpose := Purpose.objects.filter(pk=key).first()):
        raise Http404
    context = {"purpose": purpose, "count": number_of(on=key)}
    if bases := request.GET.get("bases"):
        context |= {"resting_on": f"{key}:{bases}", "resting": number_of(resting_on=f"{key}:{bases}")}
    return render(request, "persons/counts/_purpose.html", context)


def missing(request, key):
    purpose = Purpose.objects.filter(pk=key).first() or key
    context = {"key": key, "purpose": purpose, "count": number_of(missing=key)}
    return render(request, "persons/counts/_missing.html", context)


MOST_MONTHS = 32_767

# of a list of Privacy, the filter that finds the persons on whom one of its entries bears
USED_BY = {"bases": ("basis", ":"), "sources": ("source", ":"), "types": ("subscription", "")}


def in_use(request, name, key):
    """On how many persons an entry of one of the lists bears today."""
    if name not in USED_BY:
        raise Http404
    filter_, any_purpose = USED_BY[name]
    asked = {filter_: any_purpose + key}
    context = {"list": name, "count": number_of(**asked), "asked": urlencode(asked)}
    return render(request, "persons/counts/_in_use.html", context)


def wordings(request):
    """For each of some wordings, how many persons have their purpose ON by it."""
    asked = numbers(request.GET.get("of", ""))
    given = Consent.objects.on().filter(person__erased_at=None, person__merged_into=None, wording__in=asked)
    counted = dict(given.order_by().values_list("wording").annotate(Count("pk")))
    counts = [(pk, counted.get(pk, 0)) for pk in asked]
    return render(request, "persons/counts/_wordings.html", {"counts": counts})


def wording_effect(request, pk):
    """How many persons have a purpose ON by a wording or, with `older`, by it or one before it in its language."""
    wording = get_object_or_404(Wording.objects.select_related("purpose"), pk=pk)
    resting = Wording.objects.filter(purpose=wording.purpose_id, language=wording.language, number__lte=wording.number)
    older = "older" in request.GET and wording.number > 1
    keys = sorted(resting.values_list("pk", flat=True)) if older else [pk]
    asked = {"by_wording": ",".join(map(str, keys))}
    context = {"wording": wording, "count": number_of(**asked), "asked": urlencode(asked), "older": older}
    return render(request, "persons/counts/_wording.html", context)


def validity_effect(request, key):
    """What giving the standing answers of a purpose this validity would change; nothing for what is no validity."""
    purpose = get_object_or_404(Purpose, pk=key)
    months = request.GET.get("validity_months", str(purpose.validity_months or ""))
    is_one = not months or (months.isdecimal() and 0 < int(months) <= MOST_MONTHS)
    effect = validity.effect(purpose, int(months) if months else None) if is_one else None
    return render(request, "persons/counts/_validity.html", {"purpose": purpose, "effect": effect})


def filter_effect(request):
    """Whom a mailing without a type would reach with the filter of recipients ON, and whom with it OFF."""
    on, off = (reached(filter_on) for filter_on in (True, False))
    with_address = Person.objects.kept().exclude(address=None).count()
    context = {"on": on, "off": off, "with_address": with_address, "difference": off - on}
    return render(request, "persons/counts/_filter.html", context)


def number_of(**asked):
    return persons_asked_for(asked).count()


def reached(filter_on):
    counted = verdict.counts(verdict.Question(filter_on=filter_on))
    return sum(number for code, number in counted.items() if code in verdict.LET_IN)
