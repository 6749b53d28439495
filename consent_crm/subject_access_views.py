"""The personal data report of a person: a page to read and print, and files for machines.

Whoever takes it, on paper or as a file, is kept among the operations; only looking at it leaves nothing behind.
"""

import json

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from consent_crm import consent_record, subject_access
from persons.views import person_or_404


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def page(request, pk):
    """POST is the button *Print*: the page once more, which opens the dialogue of the browser."""
    person = person_or_404(pk)
    if is_taken := request.method == "POST":
        subject_access.keep_that_it_was_taken(person, by=request.user)
    report = subject_access.gather(person)
    return render(request, "persons/data_report.html", {"report": report, "person": person, "is_printed": is_taken})


@require_POST
@never_cache
def file(request, pk):
    report = taken(request, pk)
    return HttpResponse(
        text_of(report),
        content_type="application/ld+json",
        headers={"Content-Disposition": f'attachment; filename="personal-data-{report.person.pk}.json"'},
    )


@require_POST
@never_cache
def files(request, pk):
    """The same with the files that prove answers, as a ZIP."""
    report = taken(request, pk)
    return StreamingHttpResponse(
        consent_record.packed(report, text_of(report)),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="personal-data-{report.person.pk}.zip"'},
    )


def taken(request, pk):
    person = person_or_404(pk)
    subject_access.keep_that_it_was_taken(person, by=request.user)
    return subject_access.gather(person)


def text_of(report):
    return json.dumps(consent_record.document(report), cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
