"""The steps Test and Send: what is asked, what is refused, and how far it is."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from mailings import listing
from mailings.forms import SendForm
from mailings.models import Mailing, SendingSettings
from tests.factories import UserFactory
from tests.mailings.making import agree, mailing, persons, started

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client):
    SendingSettings.objects.update(postal_address="Storgata 1, 0155 Oslo")
    user = UserFactory(role="Marketer")
    client.force_login(user)
    return user


def url(name, made):
    return reverse(f"mailings:{name}", args=[made.pk])


def state():
    return Mailing.objects.values_list("state", flat=True).get()


def in_an_hour():
    return timezone.localtime(timezone.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")


# ---- Test


def test_a_test_goes_to_the_chosen_users(client, marketer, mail_server):
    server, made = mail_server(), mailing()

    response = client.post(url("test", made), {"users": [marketer.pk]}, follow=True)

    assert server.recipients == [marketer.email]
    assert f"The test is on its way to {marketer.email}." in response.text
    assert Mailing.objects.get().subject == "News"


def test_nobody_but_users_gets_a_test(client, marketer, mail_server):
    server, made, gone = mail_server(), mailing(), UserFactory(is_active=False)

    refused = [client.post(url("test", made), {"users": users}) for users in ([], [gone.pk], ["kari@example.com"])]

    assert [response.status_code for response in refused] == [422] * 3
    assert server.accepted == []


def test_what_cannot_be_composed_or_sent_is_said(client, marketer, settings):
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 0.5

    empty = client.post(url("test", mailing(body="")), {"users": [marketer.pk]})
    unreachable = client.post(url("test", mailing()), {"users": [marketer.pk]})

    assert "The message is empty." in empty.text
    assert "The mail server cannot be reached." in unreachable.text


# ---- Send


def test_the_summary_says_how_many_and_that_no_worker_runs(client, marketer):
    agree(*persons(3)[:2])

    page = client.get(url("send", mailing()))

    assert (page.context["outcome"].let_in, page.context["outcome"].held_back) == (2, 1)
    assert "No worker is running" in page.text
    assert page.context["obstacles"] == []


@pytest.mark.parametrize("facts", [{"body": ""}, {"to_everybody": False}, {}])
def test_with_something_in_the_way_it_is_not_offered(client, marketer, facts):
    page = client.get(url("send", mailing(**facts)))

    assert "You are asked once more" not in page.text
    assert "Before it can be sent" in page.text or "has no source" in page.text


def test_it_is_confirmed_by_the_number_and_then_started(client, marketer):
    agree(*persons(2))
    made = mailing()

    asked = client.get(url("confirm", made), {"when": "now"})
    assert "Send it to 2 persons now?" in asked.text
    assert state() == "draft"
    page = client.post(url("start", made), {"when": "now", "expected": "2"}, follow=True)

    assert "Making the list of recipients" in page.text
    assert "No worker is running" in page.text
    assert client.get(url("building", made)).status_code == 204
    listing.make(made.pk)
    assert client.get(url("building", made)).headers["HX-Refresh"] == "true"
    assert state() == "sending"


def test_the_second_of_two_who_confirmed_is_told(client, marketer):
    agree(*persons(2))
    made = mailing()

    for _ in range(2):
        response = client.post(url("start", made), {"when": "now", "expected": "2"}, follow=True)

    assert "The mailing has been started already; its status is: Making the list." in response.text


def test_a_start_that_names_no_number_is_asked_again(client, marketer):
    agree(*persons(1))
    made = mailing()

    client.post(url("start", made), {"when": "now"})
    listing.make(made.pk)

    assert "more than you confirmed" in client.get(url("send", made)).text
    assert state() == "draft"


def test_it_is_scheduled_shown_and_called_off(client, marketer):
    agree(*persons(1))
    made = mailing()

    asked = client.get(url("confirm", made), {"when": "later", "at": in_an_hour()})
    client.post(url("start", made), {"when": "later", "at": asked.context["at"].isoformat(), "expected": "1"})

    assert state() == "scheduled"
    assert "It will be sent" in client.get(url("send", made)).text
    client.post(url("unschedule", made))
    assert state() == "draft"


@pytest.mark.parametrize(
    ("at", "sentence"), [("2020-01-01T10:00", "This time is past."), ("", "Say when"), ("x", "valid")]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_time_that_is_none_is_refused_at_its_field(client, marketer, at, sentence, method):
    agree(*persons(1))
    made = mailing()
    name = "confirm" if method == "get" else "start"

    response = getattr(client, method)(url(name, made), {"when": "later", "at": at, "expected": "1"})

    assert response.status_code == 422
    assert sentence in response.context["form"].errors["at"][0]
    assert "Not saved" not in response.text
    assert state() == "draft"


@pytest.mark.parametrize("name", ["confirm", "start", "unschedule", "pause", "resume", "cancel", "send_again"])
def test_sending_takes_its_right(client, name):
    client.force_login(UserFactory(role="Reader"))
    made = mailing()

    assert client.get(url("send", made)).status_code == 200
    assert client.post(url(name, made)).status_code == 403


# ---- under way


def test_it_is_paused_resumed_and_cancelled_after_asking_again(client, marketer):
    agree(*persons(3))
    made = started()

    client.post(url("pause", made))
    assert state() == "paused"
    assert "It was paused by hand." in client.get(url("send", made)).text
    client.post(url("resume", made))
    assert state() == "sending"
    assert "3 persons still wait for it" in client.get(url("cancel", made)).text
    assert state() == "sending"
    client.post(url("cancel", made))

    assert state() == "cancelled"
    again = client.post(url("pause", made), follow=True)
    assert "It is not being sent at the moment." in again.text


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"state": "paused", "pause_reason": "535 5.7.8 no"}, "It paused by itself"),
        ({"trouble": "Connection refused"}, "The mail server cannot be reached."),
    ],
)
def test_what_is_wrong_is_said_in_plain_words_and_the_servers(client, marketer, facts, words):
    agree(*persons(1))
    made = started()
    Mailing.objects.update(**facts)

    page = client.get(url("progress", made)).text

    assert words in page
    assert (facts.get("pause_reason") or facts["trouble"]) in page


def outcomes(made, *states):
    """Give the recipients states, in their order, as if they had just been handed over."""
    facts = {"claim": 1, "claimed_at": Now(), "answer": "said"}
    for recipient, reached in zip(made.recipients.order_by("pk"), states, strict=False):
        made.recipients.filter(pk=recipient.pk).update(state=reached, **facts)


def test_the_progress_counts_everybody_once_and_leads_to_them(client, marketer):
    agree(*persons(6)[:5])
    made = started()
    Mailing.objects.update(started_at=Now() - timedelta(seconds=10))
    outcomes(made, "sent", "held_back", "failed", "uncertain")

    page = client.get(url("progress", made))

    progress = page.context["progress"]
    assert (progress.waiting, progress.sent, progress.held_back_at_sending) == (1, 1, 1)
    assert (progress.failed, progress.uncertain, progress.held_back_before) == (1, 1, 1)
    assert (progress.done, progress.total) == (4, 5)
    assert progress.remaining.startswith("< 1 a second · ")
    for asked, count in [("sent", 1), ("held_back_late", 1), ("held_back_before", 1), ("failed", 1), ("uncertain", 1)]:
        assert f"?state={asked}" in page.text
        assert len(client.get(url("audience", made), {"state": asked}).context["rows"]) == count


def test_failed_and_uncertain_ones_are_sent_again_on_demand(client, marketer):
    agree(*persons(3))
    made = started()
    outcomes(made, "sent", "failed", "uncertain")

    assert "Send again to 2 persons" in client.get(url("send", made)).text
    client.post(url("send_again", made))

    assert made.recipients.waiting().count() == 2


def test_the_progress_takes_few_queries_however_many_there_are(client, marketer, django_assert_num_queries):
    for count in (1, 2):
        agree(*persons(count))
        made = started(name=str(count))
        with django_assert_num_queries(8):
            client.get(url("progress", made))


def test_a_number_of_recipients_that_cannot_be_is_refused():
    assert "expected" in SendForm({"when": "now", "expected": "9" * 30}).errors
