from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from consent_crm import demo


class Command(BaseCommand):
    help = (
        "Fills the empty database of the trial with invented persons, answers and mailings; ./crm run does so itself."
    )

    def add_arguments(self, parser):
        parser.add_argument("--persons", type=int, default=2_000, help="how many persons (%(default)s)")
        parser.add_argument("--if-empty", action="store_true", help="do nothing, and say nothing, where there are some")

    def handle(self, *, persons, if_empty, **_):
        if not settings.TRIAL:
            raise CommandError("The demo is for the trial only, which ./crm run starts without DATABASE_URL.")
        if persons < 1:
            raise CommandError("There must be one person at least: --persons 1.", returncode=2)
        try:
            made = demo.load(persons)
        except demo.NotEmpty as error:
            if if_empty:
                return
            raise CommandError("There is something in the database already: the demo needs an empty one.") from error
        self.stdout.write("{persons} persons in {companies} companies, and {mailings} mailings.".format(**made))
