"""The report of a mailing that was started, and the proof pack."""

from django.contrib import messages
from django.http import StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mailings import proof, steps
from mailings import report as reports
from mailings.steering import Refused
from persons.spreadsheets import csv_response


@require_safe
def report(request, pk):
    mailing = steps.mailing_or_404(pk)
    if mailing.is_before_start:
        return redirect(mailing)
    return steps.page(request, mailing, "report", {"report": reports.of(mailing)})


@require_safe
@never_cache
def recipients_file(request, pk):
    """Every recipient with what became of the message, as CSV."""
    mailing = steps.mailing_or_404(pk)
    return csv_response(f"recipients-{mailing.pk}.csv", [str(name) for name in reports.HEAD], reports.rows(mailing))


@require_safe
@never_cache
def proof_pack(request, pk):
    """The pack as a file, sent while it is made."""
    mailing = steps.mailing_or_404(pk)
    try:
        pieces = proof.pack(mailing)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(mailing)
    name = f"proof-{mailing.pk}-{slugify(mailing.name)[:40]}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(pieces, content_type="application/zip", headers=headers)
