"""Selections: whom they hold, how they are made, changed and combined, and who may."""

import pytest
from django.urls import reverse

from mailings.models import Mailing
from persons import selecting
from persons.filters import persons_of
from persons.models import Person, Selection
from tests.factories import PersonFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def sales(client):
    user = UserFactory(role="Sales")
    client.force_login(user)
    return user


def people(*countries):
    return [PersonFactory(country=country) for country in countries]


def static(name, *persons):
    return selecting.make_static(name, Person.objects.filter(pk__in=[one.pk for one in persons]), by=None)


def test_a_dynamic_selection_follows_its_filters_and_a_static_one_keeps_its_persons():
    before, _elsewhere = people("Norway", "Sweden")
    dynamic = selecting.make_dynamic("Norway", {"country": "Norway"}, by=None)
    kept = static("Norway today", before)
    [after] = people("Norway")

    assert set(persons_of(dynamic)) == {before, after}
    assert set(persons_of(kept)) == {before}
    assert (dynamic.counted, selecting.count(dynamic)) == (1, 2)


def test_a_filter_that_asks_for_its_own_selection_does_not_turn_in_circles():
    people("Norway")
    circle = selecting.make_dynamic("Circle", {"country": "Norway"}, by=None)
    Selection.objects.filter(pk=circle.pk).update(filter={"country": "Norway", "selection": str(circle.pk)})
    circle.refresh_from_db()

    assert selecting.count(circle) == 1


def test_adding_and_removing_count_only_what_changed():
    one, two, three = people("", "", "")
    selection = static("Chosen", one, two)

    assert selecting.add(selection, Person.objects.filter(pk__in=[two.pk, three.pk])) == 1
    assert selecting.remove(selection, Person.objects.filter(pk=one.pk)) == 1
    assert (set(persons_of(selection)), selection.counted) == ({two, three}, 2)


@pytest.mark.parametrize(("how", "expected"), [("and", "B"), ("or", "ABC"), ("without", "A")])
def test_two_selections_make_a_third(how, expected):
    a, b, _c = (PersonFactory(last_name=name, country="Norway" if name != "A" else "") for name in "ABC")
    first, second = static("First", a, b), selecting.make_dynamic("Second", {"country": "Norway"}, by=None)

    third = selecting.combine("Third", first, selecting.How(how), second, by=None)

    assert "".join(sorted(persons_of(third).values_list("last_name", flat=True))) == expected
    assert third.kind == Selection.Kind.STATIC


# ---- the pages


def test_a_filter_is_saved_as_a_selection_that_follows_it(client, sales):
    people("Norway", "Sweden")
    url = reverse("selections:add") + "?whom=all&country=Norway"

    opened = client.get(url).context["form"]
    client.post(url, {"name": opened.initial["name"], "kind": "dynamic"})

    made = Selection.objects.get()
    assert (made.name, made.kind, made.filter) == ("Country: Norway", "dynamic", {"country": "Norway"})
    assert (made.created_by, made.counted) == (sales, 1)


def test_checked_rows_become_a_static_selection_or_join_one(client, sales):
    one, two, _three = people("", "", "")
    url = reverse("selections:add")

    client.post(f"{url}?whom=checked&checked={one.pk}&country=Norway", {"name": "Chosen", "kind": "dynamic"})
    made = Selection.objects.get()
    client.post(f"{url}?whom=checked&checked={two.pk}", {"selection": made.pk})

    assert (made.kind, set(persons_of(made))) == ("static", {one, two})


def test_nothing_is_done_for_nobody(client, sales):
    response = client.get(reverse("selections:add") + "?whom=checked&country=", follow=True)

    assert "No row is checked." in response.text


def test_a_name_that_is_taken_is_refused_at_its_field(client, sales):
    static("Taken")

    response = client.post(reverse("selections:add") + "?q=kari", {"name": "Taken", "kind": "static"})

    assert (response.status_code, list(response.context["form"].errors)) == (422, ["name"])


def test_the_page_of_a_selection_shows_its_persons_and_takes_them_out(client, sales):
    one, two, _three = people("", "", "")
    selection = static("Chosen", one, two)

    shown = client.get(reverse("selections:detail", args=[selection.pk])).context["rows"]
    url = f"{reverse('selections:remove', args=[selection.pk])}?whom=checked&checked={one.pk}"
    assert "1 person is taken out." in client.get(url).text
    client.post(url)

    assert {row.person for row in shown} == {one, two}
    assert set(persons_of(selection)) == {two}


def test_a_selection_that_a_draft_needs_is_not_deleted(client, sales):
    selection = static("Chosen")
    mailing = Mailing.objects.create(name="Spring", subject="Spring")
    mailing.selections.add(selection)
    url = reverse("delete_selection", args=[selection.pk])

    refused = client.post(url)
    Mailing.objects.update(state="cancelled")
    client.post(url)

    assert (refused.status_code, "Spring" in refused.text) == (422, True)
    assert not Selection.objects.exists()


def test_a_reader_sees_selections_and_changes_none(client):
    client.force_login(UserFactory(role="Reader"))
    selection = static("Chosen", *people(""))

    assert client.get(reverse("selections:detail", args=[selection.pk])).status_code == 200
    for route in ["selections:remove", "selections:rename", "selections:combine", "delete_selection"]:
        assert client.post(reverse(route, args=[selection.pk])).status_code == 403


def test_the_list_of_selections_costs_the_same_for_one_and_for_three(client, sales, django_assert_num_queries):
    static("One", *people(""))
    with django_assert_num_queries(5):
        client.get(reverse("selections:list"))
    selecting.make_dynamic("Two", {"country": "Norway"}, by=sales)
    static("Three", *people("", ""))

    with django_assert_num_queries(5):
        client.get(reverse("selections:list"))
