import csv
import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from persons.importing.applying import Result, apply, dry_run
from persons.importing.problems import NotAFile, NotATable, sentence_of
from persons.importing.staging import Known, Options
from persons.sealing import seal
from purposes.models import STORE, LegalBasis, Purpose, Source


class Command(BaseCommand):
    help = "Imports persons with their answers from a CSV or Excel file."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and do nothing")
        parser.add_argument(
            "--legal-basis", metavar="KEY", default="", help="fills where neither row nor person has one"
        )
        parser.add_argument("--purpose", metavar="KEY", default=STORE, help="what --legal-basis is for (%(default)s)")
        parser.add_argument("--source", metavar="KEY", default="IMPORT", help="where a row names none (%(default)s)")
        parser.add_argument("--comment", metavar="TEXT", default="", help="proof for every answer of the file")
        parser.add_argument(
            "--known", choices=Known.values, default=Known.EMPTY.value, help="what rows do to persons who are known"
        )
        parser.add_argument("--problems", metavar="FILE", type=Path, help="write the problems, row by row, as CSV")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *, file, dry_run, problems, json, **chosen):
        options = _options(chosen)
        _refuse_what_cannot_be_written(problems)
        console = Console(stderr=True)
        try:
            result = _run(file, options, dry_run, console)
        except NotATable as error:
            raise CommandError(str(error), returncode=2 if isinstance(error, NotAFile) else 1) from error
        if problems:
            _write_problems(problems, result)
        self.stdout.write(_as_json(result) if json else _as_text(result, dry_run))
        if result.refused:
            raise SystemExit(1)


def _options(chosen):
    for model, key in ((LegalBasis, chosen["legal_basis"]), (Purpose, chosen["purpose"]), (Source, chosen["source"])):
        if key and not model.objects.filter(pk=key).exists():
            known = ", ".join(model.objects.values_list("pk", flat=True))
            raise CommandError(f"There is no {model._meta.verbose_name} {key}; there are {known}.", returncode=2)
    return Options(
        purpose=chosen["purpose"],
        basis=chosen["legal_basis"],
        source=chosen["source"],
        comment=chosen["comment"],
        known=chosen["known"],
    )


def _refuse_what_cannot_be_written(path):
    try:
        if path:
            path.open("a").close()
    except OSError as error:
        raise CommandError(f"The problems cannot be written to {path}: {error.strerror}.", returncode=2) from error


def _run(file, options, is_dry, console):
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(file.name)
        work = dry_run if is_dry else apply
        result = work(file, options, progress=lambda done, total: bar.update(task, completed=done, total=total))
    if not is_dry:
        seal()
    return result


def _write_problems(path, result):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "code", "problem"])
        found = ((row, code) for code, rows in result.refused.items() for row in rows)
        writer.writerows([row, code, sentence_of(code)] for row, code in sorted(found))


def _as_json(result: Result):
    return json.dumps(result.as_dict(), ensure_ascii=False)


def _as_text(result, is_dry):
    table = Table("", "", show_header=False, title="Dry run: nothing was changed." if is_dry else None)
    numbers = result.as_dict()
    for name in [name for name in numbers if name != "refused"]:
        table.add_row(name.replace("_", " "), str(numbers[name]))
    for code, rows in result.refused.items():
        some = ", ".join(map(str, rows[:8])) + (" …" if len(rows) > 8 else "")
        table.add_row(f"{code} ({len(rows)})", f"{sentence_of(code)} Rows {some}")
    if is_dry and "no_proof" in result.refused:
        table.add_row(
            "--comment", f"A comment for the file would admit {len(result.refused['no_proof'])} of these rows."
        )
    console = Console(width=100)
    with console.capture() as text:
        console.print(table)
    return text.get()
