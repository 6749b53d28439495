import json

from django.core.management.base import BaseCommand, CommandError

from persons.addresses import normalise
from persons.models import Person
from persons.verdict import Question, explain
from purposes.models import SubscriptionType


class Command(BaseCommand):
    help = "Says for everybody with this address whether a mailing would reach them, and why."

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("--type", metavar="KEY", help="the subscription type of the mailing; none without it")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *, email, type, json, **options):
        if type and not SubscriptionType.objects.filter(pk=type).exists():
            raise CommandError(f"There is no subscription type {type}.", returncode=2)
        persons = list(Person.objects.kept().at_address(normalise(email) or email).order_by("id"))
        if not persons:
            raise CommandError(f"Nobody has the address {email}.")
        found = [(person, explain(person, Question(type=type))) for person in persons]
        self.stdout.write(_as_json(found) if json else _as_text(found))


def _as_json(found):
    rows = [
        {
            "person": person.pk,
            "code": explanation.code,
            "allowed": explanation.allowed,
            "sentence": explanation.sentence,
            "event": explanation.event and explanation.event.pk,
        }
        for person, explanation in found
    ]
    return json.dumps(rows[0] if len(rows) == 1 else rows, ensure_ascii=False)


def _as_text(found):
    return "\n".join(f"{person} ({person.pk}): {why.sentence} [{why.code}]" for person, why in found)
