"""A new person, with the answers that come with it (rules 4.8)."""

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction

from persons import ledger, singles
from persons.ledger import Answer, Recorder, Refused
from persons.models import Door, Person
from purposes.models import STORE, PrivacySettings

NOBODY_YET = 0  # the person of an answer that is recorded together with the person
SOURCES = {Door.PAGE: "USER", Door.API: "API", Door.FORM: "WEBFORM", Door.IMPORT: "IMPORT"}  # each door's own


def add(person: Person, answers: Sequence[Answer] = (), *, by: Recorder) -> Person:
    """Save a new person, and its company where that is new too, with the answers given (`person_id` NOBODY_YET).

    Where none of them is about sales and service, the default legal basis is recorded for it, if it is set. All of it
    is one transaction and one act: raises Refused when an answer is not let in, and then nobody was added.
    """
    with transaction.atomic():
        save(person)
        explicit = [replace(answer, person_id=person.pk) for answer in answers]
        is_grounded = any(answer.purpose_id == STORE for answer in explicit)
        written = ledger.record_many(explicit if is_grounded else [*explicit, *_default(person, by)], by=by)
        for row in written:
            if row.outcome.is_refusal:
                raise Refused(row.outcome)
        singles.tell([person.pk])
    return person


def save(person: Person, fields: Sequence[str] | None = None) -> None:
    """Save a person, or some fields of it, and first its company where that is new."""
    with transaction.atomic():
        if person.company and not person.company.pk:
            person.company.save()
        person.save(update_fields=fields)


def _default(person: Person, by: Recorder) -> list[Answer]:
    settings = PrivacySettings.current()
    if not settings.set_default_basis:
        return []
    return [
        Answer(
            person_id=person.pk,
            purpose_id=STORE,
            basis_id=settings.default_basis.pk,
            source_id=SOURCES.get(by.door, "UNKNOWN"),
            given_at=ledger.now(),
        )
    ]
