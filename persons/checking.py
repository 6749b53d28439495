"""May this address, or this person, be written to? The answer for programs outside (rules 3)."""

from dataclasses import dataclass

from persons.addresses import normalise
from persons.models import ConsentEvent, Person, Suppression, keyed_hash
from persons.verdict import Code, Question, explain, sentence


@dataclass(frozen=True)
class Checked:
    """The verdict, and whom it is about: nobody, for a suppressed address that nobody has."""

    person: Person | None
    code: Code
    allowed: bool
    sentence: str
    event: ConsentEvent | None


def check_person(person: Person, type_key: str | None = None) -> Checked:
    found = explain(person, Question(type=type_key))
    return Checked(person, found.code, found.allowed, found.sentence, found.event)


def check_address(typed: str, type_key: str | None = None) -> Checked | None:
    """The verdict on whoever has the address: on one who may be written to, if there is one. None: nobody has it."""
    address = normalise(typed)
    if address is None:
        return None
    persons = Person.objects.kept().at_address(address).order_by("pk")
    verdicts = [check_person(person, type_key) for person in persons]
    if verdicts:
        return next((verdict for verdict in verdicts if verdict.allowed), verdicts[0])
    if Suppression.objects.standing().filter(address_hash=keyed_hash(address)).exists():
        return Checked(None, Code.SUPPRESSED, False, sentence(Code.SUPPRESSED, None), None)
    return None
