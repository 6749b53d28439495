import pytest

from persons import links
from persons.models import LinkToken
from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db


def link_to(person, **facts):
    token = links.make()
    LinkToken.objects.create(token_hash=links.hashed(token), person=person, address_hash=person.address_hash, **facts)
    return token


def test_a_token_is_random_and_fits_into_a_path():
    tokens = {links.make() for _ in range(100)}

    assert len(tokens) == 100
    assert all(len(token) == 32 and token.replace("-", "").replace("_", "").isalnum() for token in tokens)


def test_a_token_leads_to_its_person_and_what_it_ends():
    person = PersonFactory()

    link = links.read(link_to(person, subscription_type_id="NEWS"))

    assert (link.person, link.subscription_type_id, link.purpose_id) == (person, "NEWS", None)


def test_the_token_itself_is_not_stored():
    token = link_to(PersonFactory())

    assert token.encode() not in bytes(LinkToken.objects.get().token_hash)
    assert links.read(LinkToken.objects.get().token_hash.hex()) is None


@pytest.mark.parametrize("token", ["", "unknown", "x" * 10_000, "ø", "\udcff", "../..", "%00"])
def test_whatever_else_somebody_types_leads_nowhere(token):
    link_to(PersonFactory())

    assert links.read(token) is None


def test_the_links_of_a_merged_person_lead_to_the_one_kept():
    kept, second, third = PersonFactory(), PersonFactory(), PersonFactory()
    token = link_to(third)
    for person, into in ((third, second), (second, kept)):
        person.email, person.merged_into = "", into
        person.save()

    assert links.read(token).person == kept


def test_the_link_of_an_erased_person_leads_nowhere():
    person = PersonFactory()
    token = link_to(person)
    person.email, person.erased_at = "", "2026-11-01T00:00Z"
    person.save()

    assert links.read(token) is None
