import json
from dataclasses import asdict
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from persons import replaying


class Command(BaseCommand):
    help = "Makes the stops and erasures of the journal again, after the database was restored. Safe to repeat."

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *, json: bool, **options):
        if not settings.SUPPRESSION_JOURNAL:
            raise CommandError("No journal is kept: SUPPRESSION_JOURNAL is not set.", returncode=2)
        journal = Path(settings.SUPPRESSION_JOURNAL)
        if not journal.exists():
            raise CommandError(f"There is no journal at {journal}.", returncode=2)
        done = replaying.replay(journal)
        self.stdout.write(_as_json(done) if json else _as_text(done))
        if done.damaged or done.to_erase:
            raise SystemExit(1)


def _as_json(done):
    return json.dumps(asdict(done))


def _as_text(done):
    lines = [
        f"{done.stops} stops in the journal: {done.recorded} recorded again, the others stood already.",
        f"{done.blocked} addresses of nobody known are blocked.",
        f"{done.erased} persons erased again.",
    ]
    if done.to_erase:
        lines.append(f"To be erased again on their pages: persons {', '.join(map(str, done.to_erase))}.")
    if done.damaged:
        lines.append(f"{done.damaged} lines of the journal are damaged and were left out.")
    return "\n".join(lines)
