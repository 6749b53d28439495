from django.core.management.base import BaseCommand, CommandError

from mailings import proof_check


class Command(BaseCommand):
    help = "Checks a proof pack, without asking the database: signature, seals, events, wordings and totals."
    requires_system_checks = []

    def add_arguments(self, parser):
        proof_check.arguments(parser)

    def handle(self, *, file, key, anchor, **options):
        try:
            checked = proof_check.check(file, key, anchor)
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(proof_check.told(checked))
        if checked.problems:
            raise SystemExit(1)
