"""The report of a mailing: its numbers, what the servers said, its links, and the proof pack."""

import io

import pytest
from django.db.models.functions import Now
from django.urls import reverse

from mailings import proof_check, report
from mailings.models import Recipient, TrackedLink
from persons.models import LinkToken, Person
from tests.mailings.making import agree, mailing, persons, started

pytestmark = pytest.mark.django_db

NO_SUCH_USER = "550 5.1.1 No such user"


@pytest.fixture
def sent():
    """Four agreed: one left by the link in the message, one message failed; a fifth never agreed."""
    on = persons(4)
    persons(1)
    agree(*on)
    made = started(body='<p><a href="https://shop.example/a">A</a></p>', count_clicks=True)
    made.recipients.waiting().update(state=Recipient.State.SENT, claimed_at=Now(), claim=1)
    link = LinkToken.objects.create(token_hash=b"1" * 32, person=on[0], left_at=Now())
    made.recipients.filter(person=on[0]).update(link=link)
    made.recipients.filter(person=on[1]).update(state=Recipient.State.FAILED, answer=NO_SUCH_USER)
    TrackedLink.objects.update(clicks=7)
    return made


def test_every_number_is_there_and_leads_to_its_persons(sent, client, admin_client):
    found = {figure.label: figure for figure in report.of(sent).figures}

    numbers = {label: figure.number for label, figure in found.items()}
    assert numbers == {"Persons in the list": 5, "Sent": 3, "Left by it": 1, "Held back": 1, "Failed": 1}
    assert found["Left by it"].share == 33.3
    for figure in found.values():
        assert len(admin_client.get(figure.url).context["rows"]) == figure.number


def test_what_the_servers_said_is_counted_and_leads_to_whom_it_was_said_of(sent, admin_client):
    Recipient.objects.filter(pk=sent.recipients.filter(state="sent")[0].pk).update(state="failed", answer="552 Full")

    answers = report.of(sent).answers

    assert {(answer["words"], answer["number"], answer["label"]) for answer in answers} == {
        (NO_SUCH_USER, 1, "Failed"),
        ("552 Full", 1, "Failed"),
    }
    for answer in answers:
        [row] = admin_client.get(answer["url"]).context["rows"]
        assert row.recipient.answer == answer["words"]


def test_the_page_shows_clicks_and_who_received_it(sent, admin_client):
    page = admin_client.get(reverse("mailings:report", args=[sent.pk])).content.decode()

    assert "https://shop.example/a" in page
    assert "E-marketing is ON" in page


def test_what_came_back_and_who_complained_is_counted_with_the_words(sent):
    back, angry = sent.recipients.filter(state=Recipient.State.SENT, link=None)[:2]
    Recipient.objects.filter(pk=back.pk).update(bounce="no_such_address", bounced_at=Now(), answer=NO_SUCH_USER)
    Recipient.objects.filter(pk=angry.pk).update(complained_at=Now())

    found = {figure.label: figure.number for figure in report.of(sent).figures}

    assert (found["Came back"], found["Complained"]) == (1, 1)
    assert [(answer["words"], answer["number"]) for answer in report.of(sent).answers] == [(NO_SUCH_USER, 1)] * 2


def test_all_recipients_are_a_file_that_a_spreadsheet_runs_nothing_of(sent, admin_client):
    first = sent.recipients.order_by("person_id").first().person
    Person.objects.filter(pk=first.pk).update(first_name="=cmd|x", last_name="")

    response = admin_client.get(reverse("mailings:recipients_file", args=[sent.pk]))

    lines = b"".join(response.streaming_content).decode().splitlines()
    assert (len(lines), lines[1].split(",")[0]) == (6, "'=cmd|x")


def test_a_mailing_that_was_not_started_has_no_report(admin_client):
    draft = mailing()

    for route in ("report", "proof"):
        assert admin_client.get(reverse(f"mailings:{route}", args=[draft.pk])).status_code == 302


def test_the_proof_pack_comes_as_a_file_that_holds(sent, admin_client):
    response = admin_client.get(reverse("mailings:proof", args=[sent.pk]))

    pack = io.BytesIO(b"".join(response.streaming_content))
    assert 'filename="proof-' in response.headers["Content-Disposition"]
    assert proof_check.check(pack).problems == []


def test_the_list_says_how_many_left(sent, admin_client):
    [(_mailing, numbers)] = admin_client.get(reverse("mailings:list")).context["rows"]

    assert (numbers["audience"], numbers["sent"], numbers["left"]) == (5, 3, 1)
