"""One page of persons at a time, in each order."""

import pytest

from persons import lists
from persons.models import Person
from tests.factories import CompanyFactory, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def seven(monkeypatch):
    """Seven persons in pages of three; some share a name, two have no company, and they were made in another order."""
    monkeypatch.setattr(lists, "PAGE_SIZE", 3)
    acme, zeta = CompanyFactory(name="Acme"), CompanyFactory(name="Zeta")
    people = [
        ("Øye", "Per", zeta),
        ("Berg", "Åse", zeta),
        ("Berg", "Anne", acme),
        ("Berg", "Anne", None),
        ("Dahl", "Ola", acme),
        ("Lund", "", zeta),
        ("", "", None),
    ]
    for last, first, company in people:
        PersonFactory(last_name=last, first_name=first, company=company)


def walk(step, page, order):
    """The persons of this page and of those that follow by the given step."""
    found = [page.rows]
    while (place := getattr(page, step)) is not None:
        page = lists.page(Person.objects.all(), order, **{step: place})
        found.append(page.rows)
    return found, page


def in_order(order):
    return {
        "name": sorted(Person.objects.all(), key=lambda one: (one.last_name, one.first_name, one.pk)),
        "company": sorted(
            Person.objects.all(),
            key=lambda one: (one.company is None, str(one.company or ""), one.last_name, one.first_name, one.pk),
        ),
        "changed": sorted(Person.objects.all(), key=lambda one: (one.updated_at, one.pk), reverse=True),
    }[order]


@pytest.mark.parametrize("name", lists.ORDERS)
def test_walking_forwards_meets_everybody_once(seven, name):
    order, everybody = lists.ORDERS[name], in_order(name)

    found, last = walk("after", lists.page(Person.objects.all(), order), order)

    assert found == [everybody[:3], everybody[3:6], everybody[6:]]
    assert last.after is None


@pytest.mark.parametrize("name", lists.ORDERS)
def test_walking_back_meets_the_same_pages(seven, name):
    order, everybody = lists.ORDERS[name], in_order(name)
    _, last = walk("after", lists.page(Person.objects.all(), order), order)

    found, first = walk("before", last, order)

    assert found == [everybody[6:], everybody[3:6], everybody[:3]]
    assert (first.before, first.after) == (None, everybody[2].pk)


def test_the_first_page_has_nothing_before_it(seven):
    page = lists.page(Person.objects.all())

    assert (page.before, page.after) == (None, in_order("name")[2].pk)


def test_an_unknown_place_opens_the_first_page(seven):
    assert lists.page(Person.objects.all(), after=10**9).rows == in_order("name")[:3]


def test_beyond_a_number_the_list_says_only_that_there_are_more(seven, monkeypatch):
    monkeypatch.setattr(lists, "COUNTED", 4)

    assert (lists.count(Person.objects.all()), lists.count(Person.objects.filter(last_name="Berg"))) == (5, 3)
