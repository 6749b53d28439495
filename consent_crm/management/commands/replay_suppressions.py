import json
from dataclasses import asdict
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from consent_crm import erasing
from mailings import singles, steering
from persons import replaying
from persons.ledger import Recorder
from persons.models import Door


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
        singles.sweep()
        steering.sweep()  # nothing is being handed over now: what was when the backup was made holds up no erasure
        done = replaying.replay(journal, erase=_erase)
        self.stdout.write(_as_json(done) if json else _as_text(done))
        if done.damaged or done.to_erase:
            raise SystemExit(1)


def _erase(person):
    try:
        erasing.erase(person, by=Recorder(door=Door.COMMAND))
    except erasing.Busy as error:
        raise CommandError("A message to somebody erased is on its way. Run it again in a minute.") from error


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
