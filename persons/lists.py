"""The list of persons: which ones are asked for, and one page of them at a time."""

import unicodedata
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan
from django.utils.translation import gettext as _

from persons import verdict
from persons.models import Consent, Person
from purposes.models import LegalBasis, Purpose

PAGE_SIZE = 50
ORDER = ("last_name", "first_name", "id")


@dataclass(frozen=True)
class Narrowed:
    """A set of persons with the words for what narrowed it; no words: all of them."""

    persons: QuerySet[Person]
    words: str = ""


def narrowed(asked) -> Narrowed:
    """The persons that the parameters of an address ask for, by the first of NARROWINGS among them."""
    for name, narrow in NARROWINGS.items():
        if asked.get(name):
            return narrow(asked[name])
    return Narrowed(Person.objects.kept())


def on(key: str) -> Narrowed:
    given = Consent.objects.on().filter(person=OuterRef("pk"), purpose=key)
    return Narrowed(
        Person.objects.kept().filter(Exists(given)),
        _("Persons with %(purpose)s ON") % {"purpose": name_of(key)},
    )


def resting_on(value: str) -> Narrowed:
    """Those whose answer rests on one of some bases and counts: the value is like STORE:61B,61F."""
    key, _separator, bases = value.partition(":")
    given = Consent.objects.on().filter(person=OuterRef("pk"), purpose=key, basis__in=bases.split(","))
    names = ", ".join(str(basis) for basis in LegalBasis.objects.filter(pk__in=bases.split(",")))
    return Narrowed(
        Person.objects.kept().filter(Exists(given)),
        _("Persons with %(purpose)s ON, resting on %(bases)s") % {"purpose": name_of(key), "bases": names},
    )


def missing(key: str) -> Narrowed:
    return Narrowed(without_answer(key), _("Persons without a legal basis for %(purpose)s") % {"purpose": name_of(key)})


def without_answer(key: str) -> QuerySet[Person]:
    answers = Consent.objects.filter(person=OuterRef("pk"), purpose=key)
    return Person.objects.kept().filter(~Exists(answers))


def only_without_filter(_value: str) -> Narrowed:
    """Those whom a mailing without a type reaches only while the filter of recipients is off."""
    question = verdict.Question(filter_on=False)
    return Narrowed(
        verdict.persons_with(question, verdict.Code.NOT_FILTERED),
        _("Persons who would receive mailings only with the filter OFF"),
    )


NARROWINGS = {"on": on, "resting_on": resting_on, "missing": missing, "only_without_filter": only_without_filter}


def name_of(key: str) -> str:
    purpose = Purpose.objects.filter(pk=key).first()
    return str(purpose or key)


def search(persons: QuerySet[Person], text: str) -> QuerySet[Person]:
    """Those whose name, e-mail or company contains every word."""
    for word in unicodedata.normalize("NFC", text).split():
        persons = persons.filter(
            Q(name_key__contains=word.lower()) | Q(email__icontains=word) | Q(company__name_key__contains=word.lower())
        )
    return persons


@dataclass(frozen=True)
class Page:
    """Persons in the order of the list; the ids to go on from, forwards and backwards, where there are more."""

    persons: list[Person]
    after: int | None
    before: int | None


def page(persons: QuerySet[Person], after: int | None = None, before: int | None = None) -> Page:
    """The persons behind the one with the id `after`, or those ahead of `before`; the first ones without either.

    Every page costs the same, however far down it is: the place is found by the index, never by counting.
    """
    if before and (place := place_of(before)):
        found = list(persons.filter(TupleLessThan(ORDER, place)).order_by(*reverse(ORDER))[: PAGE_SIZE + 1])
        return Page(
            persons=(shown := found[:PAGE_SIZE][::-1]),
            after=shown[-1].pk if shown else None,
            before=shown[0].pk if len(found) > PAGE_SIZE else None,
        )
    place = place_of(after) if after else None
    rest = persons.filter(TupleGreaterThan(ORDER, place)) if place else persons
    found = list(rest.order_by(*ORDER)[: PAGE_SIZE + 1])
    shown = found[:PAGE_SIZE]
    return Page(
        persons=shown,
        after=shown[-1].pk if len(found) > PAGE_SIZE else None,
        before=shown[0].pk if place and shown else None,
    )


def place_of(pk: int) -> tuple | None:
    return Person.objects.filter(pk=pk).values_list(*ORDER).first()


def reverse(order):
    return [f"-{name}" for name in order]
