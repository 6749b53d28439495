"""The numbers of persons that the pages under Privacy show."""

import pytest
from django.urls import reverse
from django.utils import timezone

from persons import ledger
from persons.models import Door
from tests.factories import PersonFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def reader(client):
    client.force_login(UserFactory(rights=["persons.view_person"]))


@pytest.fixture
def four():
    """One who said yes, one who said no, one who was never asked, one without an address."""
    yes, no, _never = PersonFactory(), PersonFactory(), PersonFactory()
    PersonFactory(email="")
    for person, basis in ((yes, "61A"), (no, "REFUSED")):
        answer = ledger.Answer(
            person_id=person.pk,
            purpose_id="EMARKETING",
            basis_id=basis,
            source_id="CHAT",
            given_at=timezone.now(),
            comment="Said so on the phone.",
        )
        ledger.record(answer, by=ledger.Recorder(door=Door.PAGE))


def test_persons_on_are_counted_per_purpose(client, four):
    response = client.get(reverse("persons:purpose_counts"))

    assert response.context["counts"] == [("STORE", 0), ("EMARKETING", 1)]


def test_the_effect_of_the_filter_is_counted(client, four):
    context = client.get(reverse("persons:filter_effect")).context

    assert [context[name] for name in ("on", "off", "with_address", "difference")] == [1, 2, 3, 1]


def test_persons_without_a_basis_are_counted(client, four):
    text = client.get(reverse("persons:missing_count", args=["STORE"])).text

    assert "4 persons</a> have no legal basis for Sales and service." in text


@pytest.mark.parametrize(
    ("name", "key", "sentence"),
    [
        ("bases", "61A", "1 person</a> has an answer on a purpose with it today."),
        ("sources", "CHAT", "2 persons</a> have an answer on a purpose with it today."),
        ("types", "NEWS", "0 persons</a> subscribe to it today."),
    ],
)
def test_it_is_counted_on_how_many_an_entry_of_a_list_bears(client, four, name, key, sentence):
    response = client.get(reverse("persons:in_use", args=[name, key]))

    assert sentence in response.text
    assert client.get(reverse("persons:in_use", args=["nothing", key])).status_code == 404


def test_the_effect_of_a_purpose_is_counted(client, four):
    text = client.get(reverse("persons:purpose_effect", args=["EMARKETING"])).text

    assert "1 person</a> has E-marketing ON today." in text
    assert client.get(reverse("persons:purpose_effect", args=["NOTHING"])).status_code == 404


def test_the_effect_of_taking_a_basis_off_is_counted(client, four):
    url = reverse("persons:purpose_effect", args=["EMARKETING"])

    consent, interest = (client.get(url, {"bases": key}).text for key in ("61A", "61F"))

    assert "1 of them</a> would then be OFF." in consent
    assert "0 of them</a> would then be OFF." in interest
