"""Every route has its right, and nobody gets past it."""

import pytest
from django.urls import URLPattern, get_resolver, reverse

from consent_crm.access import PUBLIC, ROUTES, SIGNED_IN, may, right_to
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

SAMPLE = {"pk": 1, "key": "STORE", "event": 1, "token": "sample", "name": "sample", "company": 1, "person": 1}
SAMPLE |= {"language": "en", "kind": "purpose"}


def routes(patterns=None, namespace=""):
    """The name and the arguments of every route of the site; those of the back office count as one."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}", entry.pattern.converters
        elif entry.namespace == "admin":
            yield "admin:*", {}
        else:
            yield from routes(entry.url_patterns, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)


def address(route, arguments):
    name = "admin:index" if route == "admin:*" else route
    return reverse(name, kwargs={argument: SAMPLE[argument] for argument in arguments})


ALL_ROUTES = dict(routes())


def test_the_table_and_the_routes_are_the_same():
    assert set(ROUTES) == set(ALL_ROUTES)


CLOSED = [route for route in ALL_ROUTES if right_to(route) != PUBLIC]


@pytest.mark.parametrize("route", [route for route in CLOSED if route.startswith("api:")])
def test_a_program_that_is_not_signed_in_is_told_so(client, route):
    response = client.get(address(route, ALL_ROUTES[route]))

    assert (response.status_code, response.json()["code"]) == (403, "not_authenticated")


@pytest.mark.parametrize("route", [route for route in CLOSED if not route.startswith("api:")])
def test_a_stranger_is_sent_to_sign_in(client, route):
    response = client.get(address(route, ALL_ROUTES[route]))

    assert (response.status_code, response.url.partition("?")[0]) == (302, reverse("sign_in"))


@pytest.mark.parametrize("route", [route for route in ALL_ROUTES if right_to(route) not in {PUBLIC, SIGNED_IN}])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_user_without_rights_is_refused(client, route, method):
    client.force_login(UserFactory())

    response = getattr(client, method)(address(route, ALL_ROUTES[route]))

    assert response.status_code == 403


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(client):
    response = client.get(
        reverse("persons:list"),
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/persons/7/"},
    )

    assert response.headers["HX-Redirect"] == "/sign-in/?next=/persons/7/"


def test_one_of_several_rights_is_enough():
    user = UserFactory(rights=["persons.record_stop"])

    assert may(user, ("persons.manage_consent", "persons.record_stop"))
    assert not may(user, ("persons.manage_consent", "persons.change_person"))


def test_a_deactivated_user_may_nothing():
    assert not may(UserFactory(is_active=False), SIGNED_IN)


def test_head_asks_for_what_get_asks_for():
    assert right_to("privacy:consent", "HEAD") == right_to("privacy:consent", "GET")
    assert right_to("privacy:consent", "DELETE") == "nobody"


def test_a_route_missing_in_the_table_is_closed_even_to_superusers(admin_client, monkeypatch):
    monkeypatch.delitem(ROUTES, "home")

    assert admin_client.get(reverse("home")).status_code == 403
