"""Mailings and the persons they are for."""

from django.db import connection

from mailings import audience, steering
from mailings.models import Mailing
from persons import ledger
from persons.ledger import Answer, Recorder
from persons.models import Door, Person, keyed_hash

BY_STAFF = Recorder(door=Door.COMMAND)
PROOF = "Said yes on the telephone."


def persons(number, **facts):
    """So many persons, each with an address of their own, by one INSERT."""
    made = [Person(first_name="Kari", last_name=f"Nordmann {one}", **facts) for one in range(number)]
    start = Person.objects.count()
    for one, person in enumerate(made, start):
        person.email = person.address = f"kari{one}@example.com"
        person.address_hash = keyed_hash(person.address)
    return Person.objects.bulk_create(made)


def agree(*those, basis="61A"):
    """E-marketing ON for these persons."""
    answer(*those, purpose_id="EMARKETING", basis_id=basis)


def withdraw(*those):
    answer(*those, purpose_id="EMARKETING", basis_id="WITHDRAWN")


def subscribe(*those, type="NEWS"):
    answer(*those, type_id=type, basis_id="61A")


def answer(*those, **facts):
    answers = [Answer(person_id=person.pk, source_id="USER", comment=PROOF, **facts) for person in those]
    for start in range(0, len(answers), 5000):
        ledger.record_many(answers[start : start + 5000], by=BY_STAFF)


def mailing(**facts):
    """A mailing to everybody, about news, not built yet."""
    facts = {
        "name": "October news",
        "subject": "News",
        "body": "<p>Hello {{ first_name }}</p>",
        "type_id": "NEWS",
        "to_everybody": True,
        "from_email": "Shop <news@shop.example>",
    } | facts
    return Mailing.objects.create(**facts)


def started(**facts):
    """The same, built and started."""
    made = mailing(**facts)
    audience.build(made)
    steering.start(made)
    made.refresh_from_db()
    return made


def analyze():
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
