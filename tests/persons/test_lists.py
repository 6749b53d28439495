"""One page of persons at a time, and which ones."""

import pytest
from django.utils import timezone

from persons import ledger, lists
from persons.models import Door, Person
from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def seven(monkeypatch):
    """Seven persons, of whom some share a name, in pages of three."""
    monkeypatch.setattr(lists, "PAGE_SIZE", 3)
    names = [
        ("Berg", "Åse"),
        ("Berg", "Anne"),
        ("Berg", "Anne"),
        ("Dahl", "Ola"),
        ("Lund", ""),
        ("", ""),
        ("Øye", "Per"),
    ]
    for last, first in names:
        PersonFactory(last_name=last, first_name=first)
    return list(Person.objects.order_by("last_name", "first_name", "id"))


def walk(step, page):
    """The persons of this page and of those that follow by the given step."""
    found = [page.persons]
    while (place := getattr(page, step)) is not None:
        page = lists.page(Person.objects.all(), **{step: place})
        found.append(page.persons)
    return found, page


def test_walking_forwards_meets_everybody_once(seven):
    found, last = walk("after", lists.page(Person.objects.all()))

    assert found == [seven[:3], seven[3:6], seven[6:]]
    assert last.after is None


def test_walking_back_meets_the_same_pages(seven):
    _, last = walk("after", lists.page(Person.objects.all()))

    found, first = walk("before", last)

    assert found == [seven[6:], seven[3:6], seven[:3]]
    assert (first.before, first.after) == (None, seven[2].pk)


def test_the_first_page_has_nothing_before_it(seven):
    page = lists.page(Person.objects.all())

    assert (page.before, page.after) == (None, seven[2].pk)


def test_an_unknown_place_opens_the_first_page(seven):
    assert lists.page(Person.objects.all(), after=10**9).persons == seven[:3]


def record(person, basis, purpose="EMARKETING"):
    given = ledger.Answer(
        person_id=person.pk,
        purpose_id=purpose,
        basis_id=basis,
        source_id="CHAT",
        given_at=timezone.now(),
        comment="Said so on the phone.",
    )
    ledger.record(given, by=ledger.Recorder(door=Door.PAGE))


def test_the_list_narrows_to_those_with_a_purpose_on():
    on, stopped, _never = PersonFactory(), PersonFactory(), PersonFactory()
    record(on, "61A")
    record(stopped, "WITHDRAWN")

    narrowed = lists.narrowed({"on": "EMARKETING"})

    assert (list(narrowed.persons), narrowed.words) == ([on], "Persons with E-marketing ON")


def test_the_list_narrows_to_those_on_some_bases():
    consenting, interested = PersonFactory(), PersonFactory()
    record(consenting, "61A")
    record(interested, "61F")

    narrowed = lists.narrowed({"resting_on": "EMARKETING:61F,61B"})

    assert list(narrowed.persons) == [interested]
    assert narrowed.words == "Persons with E-marketing ON, resting on Contract, Legitimate interest"


def test_the_list_narrows_to_those_without_a_basis():
    answered, missing = PersonFactory(), PersonFactory()
    record(answered, "61F", "STORE")

    assert list(lists.narrowed({"missing": "STORE"}).persons) == [missing]


def test_the_list_narrows_to_those_whom_the_filter_keeps_out():
    on, stopped, never = PersonFactory(), PersonFactory(), PersonFactory()
    record(on, "61A")
    record(stopped, "WITHDRAWN")

    assert list(lists.narrowed({"only_without_filter": "1"}).persons) == [never]
