"""The import page: a file is brought, its dry run looked at, and then imported by the worker."""

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from persons import tasks
from persons.importing import uploading
from persons.importing.applying import result_of
from persons.importing.problems import REFUSALS, NotATable, sentence_of
from persons.importing.staging import Options
from persons.models import Import, ImportProblem, Upload
from persons.progress import Progress
from persons.spreadsheets import csv_response
from persons.upload_forms import ColumnsForm, OptionsForm, UploadForm
from purposes.models import LegalBasis, Listed, Purpose, Source

IMPORTS_SHOWN = 50
ROW_NUMBERS_SHOWN = 8


def imports(request: HttpRequest) -> HttpResponse:
    """Bring a file; below, what was imported so far."""
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid() and (upload := received(request, form)):
            look_through(upload)
            return redirect(upload)
    else:
        form = UploadForm()
    uploads = Upload.objects.select_related("created_by").order_by("-pk")
    context = {
        "form": form,
        "uploads": uploads.waiting() | uploads.under_way(),
        "imports": history()[:IMPORTS_SHOWN],
    }
    return render(request, "persons/imports.html", context, status=422 if form.errors else 200)


def received(request: HttpRequest, form: UploadForm) -> Upload | None:
    """The file, kept; None when it is no table, and then the form says so at its field."""
    try:
        return uploading.receive(form.cleaned_data["file"], form.options(), by=request.user)
    except NotATable as error:
        form.add_error("file", str(error))
        return None


def look_through(upload: Upload) -> None:
    """The dry run: at once where that is a matter of a second, else by the worker."""
    if uploading.is_small(upload):
        uploading.check_at_once(upload)
    else:
        tasks.put_to_work(upload)


def history() -> Any:
    done = Import.objects.select_related("operation__created_by").order_by("-pk")
    return done.annotate(rows_with_problems=Count("problems__row_number", distinct=True), upload=Max("uploads"))


def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One file: how far it is, what the dry run found, or what the import did. POST: dry run with other options."""
    upload = upload_or_404(pk)
    if upload.state == Upload.State.COLUMNS:
        return redirect("persons:import_columns", pk)
    form = OptionsForm(request.POST if request.method == "POST" else None, initial=upload.options)
    if request.method == "POST" and form.is_valid():
        check_again(upload, replace(form.options(), columns=upload.options.get("columns", {})))
        return redirect(upload)
    status = 422 if form.errors else 200
    return render(request, "persons/upload.html", shown(upload) | {"form": form}, status=status)


def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what the columns of a plain list hold, with its first rows before one's eyes; then comes the dry run."""
    upload = upload_or_404(pk)
    if upload.format != "plain" or upload.state not in uploading.WAITING:
        return redirect(upload)
    header, rows = uploading.first_rows(upload)
    known = upload.options.get("columns") or uploading.known_columns(upload, header)
    form = ColumnsForm(request.POST if request.method == "POST" else None, header=header, chosen=known)
    if form.is_valid():
        check_again(upload, replace(Options(**upload.options), columns=form.chosen))
        return redirect(upload)
    shown = [(field, [row[place] if place < len(row) else "" for row in rows]) for place, field in enumerate(form)]
    context = {"upload": upload, "form": form, "columns": shown}
    return render(request, "persons/import_columns.html", context, status=422 if form.errors else 200)


def check_again(upload: Upload, options: Options) -> None:
    with transaction.atomic():
        if uploading.recheck(upload, options):
            look_through(upload)


def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of that page which renews itself while the worker is at it."""
    upload = upload_or_404(pk)
    return render(request, "persons/_import_work.html", shown(upload) | {"form": OptionsForm(initial=upload.options)})


@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    upload = upload_or_404(pk)
    with transaction.atomic():
        if uploading.start(upload):
            tasks.put_to_work(upload)
    return redirect(upload)


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    upload = upload_or_404(pk)
    was_importing = upload.state == Upload.State.IMPORTING
    if not uploading.cancel(upload):
        messages.info(request, _("It was over already."))
    elif was_importing:
        messages.success(request, _("The import was called off."))
    else:
        messages.success(request, _("%(file)s was removed. Nothing was imported.") % {"file": upload})
        return redirect("persons:imports")
    return redirect(upload)


def problems(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Every row that was not taken over as it stands, as a CSV file."""
    upload = upload_or_404(pk)
    rows = ([number, code, sentence_of(code)] for number, code in numbered(upload))
    return csv_response(f"problems-{upload.pk}.csv", [_("row"), _("code"), _("problem")], rows)


def numbered(upload: Upload):
    """Row number and code of every problem, in the order of the file."""
    if upload.imported:
        return ImportProblem.objects.filter(imported_by=upload.imported).values_list("row_number", "code")
    refused = (upload.found or {}).get("refused", {})
    return sorted((number, code) for code, numbers in refused.items() for number in numbers)


def upload_or_404(pk: int) -> Upload:
    return get_object_or_404(Upload.objects.select_related("imported__operation", "created_by"), pk=pk)


# ---- what the page of a file shows


@dataclass(frozen=True)
class Reason:
    """One reason why rows were not taken over as they stand."""

    code: str
    numbers: list[int]

    @property
    def sentence(self) -> str:
        return sentence_of(self.code)

    @property
    def is_refusal(self) -> bool:
        """Nothing of the row was taken over, or nothing of one answer."""
        return self.code in REFUSALS

    @property
    def first_numbers(self) -> str:
        more = " …" if len(self.numbers) > ROW_NUMBERS_SHOWN else ""
        return ", ".join(map(str, self.numbers[:ROW_NUMBERS_SHOWN])) + more


def shown(upload: Upload) -> dict[str, Any]:
    found = upload.found
    if upload.imported and not upload.is_under_way:
        found = result_of(upload.imported).as_dict()
    refused = (found or {}).get("refused", {})
    return {
        "upload": upload,
        "found": found,
        "reasons": [Reason(code, refused[code]) for code in sorted(refused, key=lambda code: -len(refused[code]))],
        "unproven": 0 if upload.options["comment"] else len(refused.get("no_proof", [])),
        "format": FORMATS.get(upload.format.partition(" ")[0], _("plain list")),
        "chosen": chosen(upload),
        "progress": Progress.of_upload(upload) if upload.is_under_way else None,
    }


FORMATS = {"superoffice": "SuperOffice", "hubspot": "HubSpot", "mailchimp": "Mailchimp"}
NAMED: dict[str, type[Listed]] = {"basis": LegalBasis, "purpose": Purpose, "source": Source}


def chosen(upload: Upload) -> dict[str, str]:
    """The options, by the names of what was chosen."""
    named = {name: str(model.objects.filter(pk=upload.options[name]).first() or "") for name, model in NAMED.items()}
    return named | {"comment": upload.options["comment"]}
