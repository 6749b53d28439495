import pytest
from django.db.models.functions import Now

from mailings import rates, steering
from mailings.claims import Claimer
from mailings.delivery import deliver
from mailings.models import Mailing, SendingSettings
from tests.mailings.making import agree, persons, started

pytestmark = pytest.mark.django_db


@pytest.fixture
def half_sent():
    """A mailing to 40, of whom 20 have it."""
    SendingSettings.objects.update(pause_after=20, pause_at_bounces=4, pause_at_complaints="0.3")
    agree(*persons(40))
    made = started()
    Claimer(made).claim(20)
    made.recipients.filter(state="claimed").update(state="sent")
    return made


def bounced(made, number, bounce):
    rows = made.recipients.filter(state="sent", bounce="")[:number]
    made.recipients.filter(pk__in=[row.pk for row in rows]).update(bounce=bounce, bounced_at=Now())


def fresh(made):
    return Mailing.objects.get(pk=made.pk)


@pytest.mark.parametrize("bounce", ["no_such_address", "policy"])
def test_too_many_refusals_pause_the_mailing_with_the_figures(half_sent, bounce):
    bounced(half_sent, 1, bounce)

    assert rates.pause_where_too_high(half_sent.pk)

    assert fresh(half_sent).state == "paused"
    assert "1 of 20 messages were refused for good: 5.00 %" in fresh(half_sent).pause_reason


def test_one_complaint_among_few_pauses_it_too(half_sent):
    half_sent.recipients.filter(pk=half_sent.recipients.filter(state="sent").first().pk).update(complained_at=Now())

    assert rates.pause_where_too_high(half_sent.pk)

    assert "1 of 20 recipients called it spam" in fresh(half_sent).pause_reason


def test_full_mailboxes_do_not_pause_it(half_sent):
    bounced(half_sent, 10, "mailbox")

    assert not rates.pause_where_too_high(half_sent.pk)


def test_before_so_many_messages_a_single_one_would_weigh_too_much(half_sent):
    SendingSettings.objects.update(pause_after=21)
    bounced(half_sent, 10, "no_such_address")

    assert not rates.pause_where_too_high(half_sent.pk)


def test_whoever_resumes_it_accepts_what_was_sent_by_then(half_sent):
    bounced(half_sent, 1, "no_such_address")
    steering.pause(half_sent)
    steering.resume(half_sent)

    assert not rates.pause_where_too_high(half_sent.pk)
    assert fresh(half_sent).state == "sending"


def test_a_run_pauses_while_it_sends(half_sent, mail_server):
    server = mail_server(rcpt="550 5.1.1 nobody")

    deliver(half_sent, seconds=20)

    assert fresh(half_sent).state == "paused"
    assert half_sent.recipients.filter(state="waiting").exists()
    assert server.accepted == []
