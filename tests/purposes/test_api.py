"""The lists of Privacy over the API."""

import pytest

from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client):
    client.force_login(UserFactory(rights=["persons.view_person"]))


@pytest.mark.parametrize(
    ("name", "key", "fact"),
    [
        ("purposes", "EMARKETING", ("accepted_bases", ["61A", "61F"])),
        ("bases", "WITHDRAWN", ("allows", False)),
        ("sources", "WEBFORM", ("name", "Web form")),
        ("types", "NEWS", ("is_public", True)),
    ],
)
def test_each_list_can_be_read_whole_and_one_by_one(client, reader, name, key, fact):
    listed = client.get(f"/api/{name}/").json()["results"]
    one = client.get(f"/api/{name}/{key}/").json()

    assert one in listed
    assert one[fact[0]] == fact[1]


@pytest.mark.parametrize("name", ["purposes", "bases", "sources", "types"])
def test_the_lists_are_only_read(client, reader, name):
    response = client.post(f"/api/{name}/", {"key": "X", "name": "X"}, content_type="application/json")

    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


def test_what_is_not_in_the_list_is_not_found(client, reader):
    response = client.get("/api/purposes/NOTHING/")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")
