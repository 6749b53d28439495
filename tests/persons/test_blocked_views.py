import pytest

from persons import deliverability
from persons.models import Deliverability
from tests.factories import PersonFactory, UserFactory

pytestmark = pytest.mark.django_db


def block(person, words="550 5.1.1 user unknown"):
    deliverability.failed({bytes(person.address_hash): words})
    return person


def sign_in(client, *rights):
    user = UserFactory(rights=["persons.view_person", *rights])
    client.force_login(user)
    return user


def test_who_is_blocked_stands_there_with_the_servers_words_the_latest_first(client):
    sign_in(client)
    full, gone, fine = PersonFactory(), PersonFactory(), PersonFactory()
    deliverability.bounced(bytes(full.address_hash), "452 4.2.2 full", in_a_row=5)
    deliverability.bounced(bytes(fine.address_hash), "452 4.2.2 full", in_a_row=4)
    block(gone)
    Deliverability.objects.filter(pk=full.address_hash).update(updated_at="2026-10-01T10:00Z")

    page = client.get("/persons/blocked/")

    assert [person for person, _ in page.context["rows"]] == [gone, full]
    text = page.content.decode()
    assert "There is no such address." in text
    assert "550 5.1.1 user unknown" in text
    assert "It failed in 5 mailings in a row." in text
    assert "Write to it again" not in text


def test_one_row_and_three_take_as_many_queries(client, django_assert_num_queries):
    sign_in(client)
    block(PersonFactory())
    client.get("/persons/blocked/")
    with django_assert_num_queries(FEW):
        client.get("/persons/blocked/")
    block(PersonFactory())
    block(PersonFactory())

    with django_assert_num_queries(FEW):
        client.get("/persons/blocked/")


FEW = 8


def test_staff_write_to_it_again_and_it_is_kept_who_did(client):
    anne = sign_in(client, "persons.change_person")
    kari = block(PersonFactory())

    page = client.post(f"/persons/{kari.pk}/clear-blocked/", follow=True)

    assert page.redirect_chain == [("/persons/blocked/", 302)]
    assert f"Mail goes to {kari.address} again." in page.content.decode()
    row = Deliverability.objects.get()
    assert (row.failed_at, row.cleared_by, bool(row.cleared_at)) == (None, anne, True)
    block(kari, "550 5.1.1 still unknown")
    assert f"by {anne}" in client.get("/persons/blocked/").content.decode()


def test_what_is_not_blocked_is_left_as_it_is(client):
    sign_in(client, "persons.change_person")

    page = client.post(f"/persons/{PersonFactory().pk}/clear-blocked/", follow=True)

    assert "nothing was changed" in page.content.decode()
