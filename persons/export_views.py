"""Taking the persons of a list out as a file."""

from tempfile import TemporaryFile
from typing import Any

from django import forms
from django.http import FileResponse, HttpRequest
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from persons import exporting
from persons.list_views import Chosen, without_anybody
from persons.spreadsheets import csv_file

CSV, EXCEL = "csv", "xlsx"
EXCEL_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ExportForm(forms.Form):
    """Which columns the file has, and of which kind it is."""

    kind = forms.ChoiceField(
        label=_("File"), choices=[(CSV, _("CSV")), (EXCEL, _("Excel"))], widget=forms.RadioSelect, initial=CSV
    )
    columns = forms.MultipleChoiceField(
        label=_("Columns"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one column.")},
    )

    def __init__(self, data: Any = None, *, number: int):
        super().__init__(data)
        self.number = number
        self.groups = exporting.groups()
        everything = [field for _group, fields in self.groups for field in fields]
        self.fields["columns"].choices = [(field.key, field.label) for field in everything]  # type: ignore[attr-defined]
        self.fields["columns"].initial = [field.key for field in everything]
        self.known = {field.key: field for field in everything}

    def clean_kind(self):
        kind = self.cleaned_data["kind"]
        if kind == EXCEL and self.number > exporting.ROWS_OF_A_SHEET:
            raise forms.ValidationError(_("These are more persons than an Excel sheet can hold. Take CSV."))
        return kind

    @property
    def chosen(self) -> list[exporting.Field]:
        return [self.known[key] for key in self.known if key in self.cleaned_data["columns"]]


def export(request: HttpRequest) -> Any:
    """Choose the columns; POST answers with the file, and keeps that somebody took it."""
    chosen = Chosen(request.GET)
    if chosen.is_nobody:
        return without_anybody(request)
    number = chosen.persons.count()
    form = ExportForm(request.POST if request.method == "POST" else None, number=number)
    if form.is_valid():
        exporting.keep_that(request.user, number)
        return file_of(chosen, form)
    context = {"chosen": chosen, "count": number, "form": form}
    return render(request, "persons/export.html", context, status=422 if form.errors else 200)


def file_of(chosen: Chosen, form: ExportForm) -> Any:
    if form.cleaned_data["kind"] == CSV:
        return csv_file("persons.csv", exporting.csv_lines(chosen.persons, form.chosen))
    file = TemporaryFile()  # noqa: SIM115 - the answer closes it once it is sent
    head = [field.label for field in form.chosen]
    exporting.write_excel(file, head, exporting.rows(chosen.persons, form.chosen))
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename="persons.xlsx", content_type=EXCEL_TYPE)
