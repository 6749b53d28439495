"""The personal data report of a person: a page to read and print, and a file for machines."""

from django.http import JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from consent_crm import consent_record, subject_access
from persons.views import person_or_404


@require_safe
@never_cache
def page(request, pk):
    report = subject_access.gather(person_or_404(pk))
    return render(request, "persons/data_report.html", {"report": report, "person": report.person})


@require_safe
@never_cache
def file(request, pk):
    report = subject_access.gather(person_or_404(pk))
    return JsonResponse(
        consent_record.document(report),
        json_dumps_params={"indent": 2, "ensure_ascii": False},
        headers={"Content-Disposition": f'attachment; filename="personal-data-{report.person.pk}.json"'},
    )
