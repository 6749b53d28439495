"""The work list: whom each line concerns, and where it leads."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from persons import ledger
from persons.filters import persons_asked_for
from persons.models import Door, PreferenceRequest
from purposes.models import Wording
from tests.factories import PersonFactory, UserFactory

pytestmark = pytest.mark.django_db

SAID = "Said so at the trade fair."
DAY = timedelta(days=1)


def answer(person, basis="61A", purpose="EMARKETING", source="CHAT", **facts):
    given = ledger.Answer(
        person_id=person.pk,
        purpose_id=purpose,
        basis_id=basis,
        source_id=source,
        given_at=timezone.now() - 90 * DAY,
        comment=SAID,
        **facts,
    )
    ledger.record(given, by=ledger.Recorder(door=Door.PAGE))
    return person


def wording(number, ask_again_by):
    return Wording.objects.create(
        purpose_id="EMARKETING", language="en", number=number, approval_text="Yes", ask_again_by=ask_again_by
    )


def concerned(matter):
    return set(persons_asked_for({"work": matter}))


def test_each_matter_concerns_its_persons():
    now = timezone.now()
    nobody_asked = PersonFactory()
    sound = answer(answer(PersonFactory(), "61F", "STORE"))
    expired = answer(PersonFactory(), valid_until=now - DAY)
    soon = answer(PersonFactory(), valid_until=now + 29 * DAY)
    later = answer(PersonFactory(), valid_until=now + 31 * DAY)
    asked_again = answer(PersonFactory(), wording=wording(1, now + 60 * DAY))
    not_asked_in_time = answer(PersonFactory(), wording=wording(2, now - DAY))
    unknown = answer(PersonFactory(), source="UNKNOWN")
    stopped = answer(PersonFactory(), "WITHDRAWN")
    contract = answer(answer(PersonFactory(), "WITHDRAWN"), "61B", "STORE")

    assert concerned("expired") == {expired, not_asked_in_time}
    assert concerned("expiring") == {soon}
    assert concerned("superseded") == {asked_again, not_asked_in_time}
    assert concerned("unknown_source") == {unknown}
    assert concerned("last_ground") == {stopped}
    assert {sound, contract} & concerned("no_basis") == set()
    assert {nobody_asked, later, stopped} <= concerned("no_basis")


def test_each_count_leads_to_its_persons_and_to_the_bulk_update_that_fits(client):
    client.force_login(UserFactory(role="Sales"))
    answer(PersonFactory(), "WITHDRAWN")

    lines = {line.matter.key: line for line in client.get(reverse("persons:work_list")).context["lines"]}

    for line in lines.values():
        assert len(client.get(line.url).context["rows"]) == line.number
    form = client.get(lines["last_ground"].deed_url).context["form"]
    assert (str(form.title), form["mode"].value()) == ("Sales and service", "only_none")


def test_a_request_of_a_person_waits_until_somebody_has_seen_to_it(client):
    user = UserFactory(role="Sales")
    client.force_login(user)
    request = PreferenceRequest.objects.create(person=PersonFactory(last_name="Berg"), purpose_id="STORE")

    assert "Berg" in client.get(reverse("persons:work_list")).text
    client.post(reverse("persons:see_to", args=[request.pk]))

    assert "Nobody waits for an answer." in client.get(reverse("persons:work_list")).text
    assert PreferenceRequest.objects.get().handled_by == user


def test_the_work_list_costs_the_same_for_one_person_and_for_three(client, django_assert_num_queries):
    client.force_login(UserFactory(role="Reader"))
    for number in (1, 2):
        for _ in range(number):
            PreferenceRequest.objects.create(person=answer(PersonFactory()), purpose_id="STORE")
        with django_assert_num_queries(11):
            client.get(reverse("persons:work_list"))
