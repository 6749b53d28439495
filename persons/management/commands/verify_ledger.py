import json

from django.core.management.base import BaseCommand

from persons.models import LedgerCheck
from persons.sealing import verify


class Command(BaseCommand):
    help = "Recomputes every seal and every standing answer, and names the first thing that is wrong."

    def add_arguments(self, parser):
        parser.add_argument("--anchor", metavar="HASH", default="", help="the head of an earlier day, kept elsewhere")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *, anchor, json: bool, **options):
        found = verify(anchor)
        LedgerCheck.objects.create(is_whole=found.ok)
        self.stdout.write(_as_json(found) if json else _as_text(found))
        if not found.ok:
            raise SystemExit(1)


def _as_json(found):
    return json.dumps({"ok": found.ok, "head": found.head, "first_problem": found.first_problem or None})


def _as_text(found):
    state = "The ledger is whole." if found.ok else f"The ledger is NOT whole: {found.first_problem}"
    return f"{state}\n{found.seals} seals over {found.events} events; head {found.head or 'none'}"
