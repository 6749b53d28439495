"""The pages of bulk updates and operations: who may, what is asked, what is shown, and where refusals land."""

import pytest
from django.urls import reverse

from persons import bulk, operations, tasks
from persons.models import BulkUpdate, Consent, Operation, Person
from tests.factories import PersonFactory, UserFactory

pytestmark = pytest.mark.django_db

SAID = "Said so at the trade fair."


@pytest.fixture
def sales(client):
    user = UserFactory(role="Sales")
    client.force_login(user)
    return user


@pytest.fixture
def worked(monkeypatch):
    """What is put to work is done at once."""
    monkeypatch.setattr(tasks, "put_operation_to_work", operations.go_on_with)


def form(matter="purpose-EMARKETING", **asked):
    return f"{reverse('persons:bulk_update')}?matter={matter}&" + "&".join(f"{k}={v}" for k, v in asked.items())


def filled_in(**data):
    return {"basis_key": "61A", "mode": "only_none", "source": "USER", "expressed_by": "person", "comment": SAID} | data


def test_a_bulk_update_from_the_list_to_its_undo(client, sales, worked):
    norwegian, _swede = PersonFactory(country="Norway"), PersonFactory(country="Sweden")

    asked = client.get(reverse("persons:bulk_update"), {"country": "Norway", "whom": "all"})
    response = client.post(form(country="Norway"), filled_in(), follow=True)
    operation = Operation.objects.get()
    assert "purpose-EMARKETING&amp;" in asked.text or "matter=purpose-EMARKETING" in asked.text
    assert (operation.state, operation.total, "Update 1 person" in response.text) == ("checked", 1, True)
    client.post(reverse("persons:start_operation", args=[operation.pk]))
    assert list(Consent.objects.values_list("person", "basis")) == [(norwegian.pk, "61A")]

    assert "Undo E-marketing: Consent?" in client.get(reverse("persons:undo_operation", args=[operation.pk])).text
    response = client.post(reverse("persons:undo_operation", args=[operation.pk]), follow=True)
    assert (Consent.objects.exists(), "Undo: E-marketing: Consent" in response.text) == (False, True)
    assert "undone" in client.get(reverse("persons:operations")).text


def test_proof_is_asked_for_at_the_comment_before_anybody_is_refused(client, sales):
    PersonFactory()

    response = client.post(form(), filled_in(comment="yes"))

    assert (response.status_code, list(response.context["form"].errors)) == (422, ["comment"])
    assert not Operation.objects.exists()


def test_a_day_to_come_is_refused_at_its_field(client, sales):
    response = client.post(form(), filled_in(given_date="2999-01-01"))

    assert list(response.context["form"].errors) == ["given_date"]


def test_many_persons_are_checked_by_the_worker(client, sales, monkeypatch):
    monkeypatch.setattr(bulk, "PERSONS_CHECKED_AT_ONCE", 1)
    put = []
    monkeypatch.setattr(tasks, "put_operation_to_work", put.append)
    PersonFactory.create_batch(2)

    response = client.post(form(), filled_in(), follow=True)

    assert ("It waits for the worker." in response.text, put) == (True, [Operation.objects.get()])


def test_what_somebody_else_checked_is_theirs_to_begin(client, sales):
    PersonFactory()
    update = BulkUpdate(no_mailings=True, expressed_by="company", only_if_none=False)
    operation = bulk.prepare(update, Person.objects.all(), by=UserFactory())
    bulk.check(operation)

    assert client.post(reverse("persons:start_operation", args=[operation.pk])).status_code == 404


def test_the_log_names_everybody_with_the_reason_and_runs_no_formula(client, sales, worked):
    PersonFactory(first_name="=HYPERLINK(1)", last_name="", email="x@example.com", no_mailings=True)
    client.post(form("no_mailings"), {"no_mailings": "1"})

    response = client.get(reverse("persons:operation_log", args=[Operation.objects.get().pk]))

    text = b"".join(response.streaming_content).decode()
    assert text.splitlines()[1].partition(",")[2] == "'=HYPERLINK(1),x@example.com,same,Same already"


def test_an_undo_that_needs_a_reason_asks_for_it(client, worked):
    staff, admin = UserFactory(role="Sales"), UserFactory(role="Privacy admin")
    PersonFactory.create_batch(2)
    client.force_login(staff)
    client.post(form(), filled_in(basis_key="WITHDRAWN"))
    operation = Operation.objects.get()
    client.post(reverse("persons:start_operation", args=[operation.pk]))
    url = reverse("persons:undo_operation", args=[operation.pk])

    assert "A privacy admin can always." in client.get(url).text
    client.force_login(admin)
    assert "Why was it recorded by mistake?" in client.get(url).text
    assert client.post(url, {"reason": ""}).status_code == 422
    client.post(url, {"reason": "The wrong list."})

    assert not Consent.objects.exists()


def test_a_marketer_updates_nobody_in_bulk(client):
    client.force_login(UserFactory(role="Marketer"))

    assert client.get(form()).status_code == 403
    assert client.get(reverse("persons:operations")).status_code == 403
    assert "Bulk update" not in client.get(reverse("persons:list")).text


def test_the_list_of_operations_costs_the_same_for_one_and_for_three(client, sales, worked, django_assert_num_queries):
    PersonFactory()
    url = reverse("persons:operations")

    def update():
        client.post(form("no_mailings"), {"no_mailings": "1"})
        client.post(reverse("persons:start_operation", args=[Operation.objects.latest("pk").pk]))

    update()
    client.get(url)
    with django_assert_num_queries(8):
        client.get(url)
    update()
    update()

    with django_assert_num_queries(8):
        client.get(url)
