"""What people are shown when they are asked: frozen once an answer rests on it, and then the next version."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from persons import ledger
from persons.models import Consent, Door
from purposes.models import Purpose, Wording
from tests.factories import PersonFactory, UserFactory

pytestmark = pytest.mark.django_db

URL = reverse("privacy:wording", args=["EMARKETING", "nb"])
TODAY = "2026-11-23"


@pytest.fixture(autouse=True)
def admin(client, time_machine):
    time_machine.move_to(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False)
    user = UserFactory(role="Privacy admin")
    client.force_login(user)
    return user


def written(number=1, **facts):
    facts = {"purpose_id": "EMARKETING", "language": "nb", "approval_text": f"Tekst {number}"} | facts
    return Wording.objects.create(number=number, **facts)


def yes_to(wording):
    person = PersonFactory()
    answer = ledger.Answer(
        person_id=person.pk,
        purpose_id="EMARKETING",
        basis_id="61A",
        source_id="WEBFORM",
        given_at=timezone.now() - timedelta(days=1),
        wording=wording,
    )
    ledger.record(answer, by=ledger.Recorder(door=Door.FORM))
    return person


def numbers():
    return list(Wording.objects.order_by("number").values_list("number", "approval_text"))


def test_the_first_text_is_written(client, admin):
    response = client.post(URL, {"approval_text": "Ja, send meg tilbud."}, follow=True)

    wording = Wording.objects.get()
    assert (wording.purpose_id, wording.language, wording.number) == ("EMARKETING", "nb", 1)
    assert wording.created_by == admin
    assert "The wording in Norsk bokmål is saved." in response.text


def test_a_text_that_nobody_answered_to_is_changed_in_place(client, admin):
    written()

    client.post(URL, {"approval_text": "Bedre tekst"})

    assert numbers() == [(1, "Bedre tekst")]
    assert Wording.objects.get().created_by == admin


def test_a_text_that_answers_rest_on_is_frozen_and_changing_it_makes_the_next(client, admin):
    first = written()
    yes_to(first)

    refused = client.post(URL, {"approval_text": "Bedre tekst"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["importance"])

    client.post(URL, {"approval_text": "Bedre tekst", "importance": "minor"})
    assert numbers() == [(1, "Tekst 1"), (2, "Bedre tekst")]
    assert Consent.objects.on().filter(wording=first).count() == 1


def test_saving_a_frozen_text_as_it_is_makes_no_version(client):
    yes_to(written())

    response = client.post(URL, {"approval_text": "Tekst 1"}, follow=True)

    assert "Nothing was changed." in response.text
    assert numbers() == [(1, "Tekst 1")]


def test_people_are_asked_again_from_a_day_on_also_those_of_older_texts(client, time_machine):
    first, english = written(), written(language="en")
    second = written(2)
    for wording in (first, second, english):
        yes_to(wording)

    client.post(URL, {"approval_text": "Noe annet", "importance": "again", "from_day": "2026-12-01"})

    moment = datetime(2026, 11, 30, 23, tzinfo=UTC)  # the day begins in Oslo
    assert {wording.ask_again_by for wording in (fresh(first), fresh(second))} == {moment}
    assert fresh(english).ask_again_by is None
    assert Wording.objects.get(number=3).ask_again_by is None
    assert Consent.objects.on().count() == 3


def fresh(wording):
    return Wording.objects.get(pk=wording.pk)


def test_an_earlier_day_stays_when_people_are_asked_again_once_more(client):
    sooner = datetime(2026, 11, 24, 23, tzinfo=UTC)
    first, second = written(ask_again_by=sooner), written(2)
    yes_to(second)

    client.post(URL, {"approval_text": "Noe annet", "importance": "again", "from_day": "2026-12-01"})

    assert fresh(first).ask_again_by == sooner


@pytest.mark.parametrize(("day", "is_fit"), [("", False), ("2026-11-22", False), (TODAY, True), ("nonsense", False)])
def test_asking_again_takes_a_day_that_is_not_over(client, day, is_fit):
    yes_to(written())

    response = client.post(URL, {"approval_text": "Noe annet", "importance": "again", "from_day": day})

    assert (response.status_code == 302) is is_fit
    assert is_fit or list(response.context["form"].errors) == ["from_day"]


def test_who_writes_second_is_told_that_there_is_a_new_version(client):
    yes_to(written())
    opened = client.get(URL).context["form"]["opened_with"].value()
    written(2, approval_text="Deres tekst", created_by=UserFactory(first_name="Ola", last_name="Lie"))

    refused = client.post(URL, {"approval_text": "Min tekst", "importance": "minor", "opened_with": opened})

    (told,) = refused.context["form"].non_field_errors()
    assert told.startswith("Ola Lie saved this page on ")
    assert "Deres tekst" in told
    assert refused.context["form"]["approval_text"].value() == "Min tekst"


def test_old_versions_are_read_and_compared(client):
    first, second = written(approval_text="May we write?"), written(2, approval_text="May we call?")
    third = written(3, approval_text="May we visit?")

    page = client.get(reverse("privacy:version", args=[first.pk]))
    other = client.get(reverse("privacy:version", args=[first.pk]), {"with": "3"})

    assert page.context["other"] == second
    assert "May we <del>write</del><ins>call</ins>?" in page.text
    assert other.context["other"] == third
    assert client.get(URL).context["older"] == [second, first]


def test_what_is_written_is_never_markup(client):
    first = written(approval_text="<b>Yes</b>")
    written(2, approval_text="<b>No</b>")

    pages = [client.get(reverse("privacy:version", args=[first.pk])), client.get(URL)]

    assert all("<b>" not in page.text and "&lt;b&gt;" in page.text for page in pages)


def test_by_when_people_are_asked_again_can_be_put_right(client):
    first = written()
    written(2)
    url = reverse("privacy:version", args=[first.pk])

    client.post(url, {"ask_again_by": "2026-12-24"})
    assert fresh(first).ask_again_by == datetime(2026, 12, 23, 23, tzinfo=UTC)
    assert client.get(url).context["form"]["ask_again_by"].value().isoformat() == "2026-12-24"
    client.post(url, {"ask_again_by": ""})
    assert fresh(first).ask_again_by is None


def test_the_version_shown_today_is_not_to_be_asked_again(client):
    url = reverse("privacy:version", args=[written().pk])

    assert client.post(url, {"ask_again_by": "2026-12-24"}).status_code == 404


def test_a_version_is_deleted_only_while_nothing_rests_on_it(client):
    first, second = written(), written(2)
    yes_to(first)

    refused = client.post(reverse("privacy:delete_version", args=[first.pk]))
    client.post(reverse("privacy:delete_version", args=[second.pk]))

    assert (refused.status_code, numbers()) == (422, [(1, "Tekst 1")])


def test_a_language_that_we_do_not_speak_is_not_found(client):
    assert client.get(reverse("privacy:wording", args=["EMARKETING", "xx"])).status_code == 404


def test_the_purpose_page_shows_what_is_shown_today_in_each_language(client):
    written()
    second = written(2)
    purpose = Purpose.objects.get(pk="EMARKETING")

    assert purpose.current_wordings == [second]
    assert "nb" not in dict(purpose.languages_without_wording)
    assert "Tekst 2" in client.get(reverse("privacy:purpose", args=["EMARKETING"])).text


def test_persons_on_by_a_wording_are_counted_and_listed(client):
    first, second = written(), written(2)
    yes_to(first)
    yes_to(second)
    stopped = yes_to(second)
    answer = ledger.Answer(person_id=stopped.pk, purpose_id="EMARKETING", basis_id="WITHDRAWN", source_id="USER")
    ledger.record(answer, by=ledger.Recorder(door=Door.LINK))

    counts = client.get(reverse("persons:wording_counts"), {"of": f"{first.pk},{second.pk},"}).context["counts"]
    effect = client.get(reverse("persons:wording_effect", args=[second.pk]), {"older": "1"})
    listed = client.get(reverse("persons:list"), {"by_wording": f"{first.pk},{second.pk}"})

    assert sorted(counts) == [(first.pk, 1), (second.pk, 1)]
    assert "2 persons</a> have E-marketing ON today by this text or an earlier one." in effect.text
    assert "E-marketing, Norsk bokmål 1, E-marketing, Norsk bokmål 2" in listed.text
