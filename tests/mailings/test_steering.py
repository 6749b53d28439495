from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from procrastinate.contrib.django.models import ProcrastinateJob

from mailings import audience, steering
from mailings.claims import Claimer, Outcome, note
from mailings.models import Mailing, Recipient
from mailings.steering import LANES, Refused
from persons import links
from persons.models import LinkToken, Person
from purposes.models import SubscriptionType
from tests.factories import UserFactory
from tests.mailings.making import agree, mailing, persons, started, withdraw

pytestmark = pytest.mark.django_db


def state(made):
    return Mailing.objects.get(pk=made.pk).state


def jobs():
    return ProcrastinateJob.objects.filter(status="todo", task_name="mailings.tasks.deliver")


@pytest.fixture
def audience_of_three():
    return agree(*persons(3))


def test_starting_says_how_many_wait_and_queues_the_work(audience_of_three):
    made = mailing()
    audience.build(made)

    assert steering.start(made) == 3

    assert state(made) == "sending"
    assert sorted(job.args["lane"] for job in jobs()) == list(range(LANES))


def test_a_second_start_is_refused_and_changes_nothing(audience_of_three):
    made = started()

    with pytest.raises(Refused, match="started already"):
        steering.start(made)

    assert jobs().count() == LANES


@pytest.mark.parametrize("is_built", [True, False])
def test_nobody_to_send_to_is_no_start(is_built):
    made = mailing()
    persons(2)
    if is_built:
        audience.build(made)

    with pytest.raises(Refused, match="Nobody would receive it" if is_built else "Build the list"):
        steering.start(made)

    assert (state(made), jobs().count()) == ("draft", 0)


def test_an_inactive_type_does_not_start(audience_of_three):
    made = mailing()
    audience.build(made)
    SubscriptionType.objects.filter(pk="NEWS").update(is_active=False)

    with pytest.raises(Refused, match="inactive"):
        steering.start(made)


def test_a_paused_mailing_is_not_claimed_from_until_it_is_resumed(audience_of_three):
    made = started()

    steering.pause(made, because="535 no")

    assert not Claimer(made).claim(3)
    assert Mailing.objects.get().pause_reason == "535 no"
    steering.resume(made)
    assert len(Claimer(made).claim(3).recipients) == 3
    assert Mailing.objects.get().pause_reason == ""


def test_only_a_paused_mailing_is_resumed(audience_of_three):
    with pytest.raises(Refused):
        steering.resume(started())


def test_cancelling_leaves_out_all_who_wait_and_those_who_would_come_back(audience_of_three):
    made = started()
    claim = Claimer(made).claim(2)

    assert steering.cancel(made) == 1
    sent, refused = claim.recipients
    note(made, claim.number, [
        Outcome(sent.id, Recipient.State.SENT, "250 ok"),
        Outcome(refused.id, Recipient.State.WAITING, "451 later", retry_in=5),
    ])  # fmt: skip

    assert audience.numbers(made)["states"] == {"sent": 1, "cancelled": 2}
    assert state(made) == "cancelled"
    with pytest.raises(Refused):
        steering.cancel(made)


def test_a_mailing_is_sent_when_nobody_waits_or_is_being_sent_to(audience_of_three):
    made = started()
    claim = Claimer(made).claim(3)
    steering.finish()
    assert state(made) == "sending"

    note(made, claim.number, [Outcome(one.id, Recipient.State.SENT, "250 ok") for one in claim.recipients])
    steering.finish()

    assert state(made) == "sent"


def test_the_sweep_calls_uncertain_what_was_claimed_too_long_ago(audience_of_three, settings):
    made = started()
    settings.EMAIL_TIMEOUT = 10
    claimer = Claimer(made)
    old, new = claimer.claim(1), claimer.claim(1)
    Recipient.objects.filter(claim=old.number).update(claimed_at=Now() - timedelta(seconds=21))
    Recipient.objects.filter(claim=new.number).update(claimed_at=Now() - timedelta(seconds=19))

    assert steering.sweep() == 1

    assert list(made.recipients.order_by("id").values_list("state", flat=True)) == ["uncertain", "claimed", "waiting"]


def test_nobody_uncertain_is_claimed_again(audience_of_three):
    made = started()
    claimer = Claimer(made)
    claimer.claim(3)
    Recipient.objects.update(state="uncertain")

    assert not Claimer(made).claim(3)


def test_a_worker_that_was_only_slow_has_the_last_word(audience_of_three):
    made = started()
    claim = Claimer(made).claim(1)
    Recipient.objects.filter(claim=claim.number).update(state="uncertain")

    note(made, claim.number, [Outcome(claim.recipients[0].id, Recipient.State.SENT, "250 ok")])

    assert made.recipients.get(claim=claim.number).state == "sent"


def test_the_uncertain_and_failed_are_sent_again_judged_anew(audience_of_three):
    made = started()
    lost, withdrawn, sent = Claimer(made).claim(3).recipients
    made.recipients.filter(pk=lost.id).update(state="uncertain", attempts=1)
    made.recipients.filter(pk=withdrawn.id).update(state="failed", attempts=9)
    made.recipients.filter(pk=sent.id).update(state="sent")
    steering.finish()
    withdraw(Person.objects.get(pk=withdrawn.person_id))

    assert steering.send_again(made, by=UserFactory()) == 2

    assert state(made) == "sending"
    again = Claimer(made).claim(3)
    assert ([one.id for one in again.recipients], again.held_back) == ([lost.id], 1)
    assert (again.recipients[0].key, again.recipients[0].attempts) == (lost.key, 0)
    assert LinkToken.objects.filter(token_hash=links.hashed(lost.token)).exists()


def test_what_is_sent_again_waits_while_the_mailing_is_paused(audience_of_three):
    made = started()
    Claimer(made).claim(1)
    made.recipients.filter(state="claimed").update(state="uncertain")
    steering.pause(made)

    assert steering.send_again(made, by=UserFactory()) == 1

    assert state(made) == "paused"
    assert made.recipients.waiting().count() == 3


@pytest.mark.parametrize(("end", "words"), [(steering.cancel, "not cancelled"), (steering.finish, "Nobody")])
def test_a_cancelled_mailing_is_not_sent_again_nor_one_that_reached_everybody(audience_of_three, end, words):
    made = started()
    Claimer(made).claim(3)
    made.recipients.update(state="uncertain" if end is steering.cancel else "sent")
    end(*[made] * (end is steering.cancel))

    with pytest.raises(Refused, match=words):
        steering.send_again(made, by=UserFactory())


def test_a_mailing_that_no_job_works_on_is_found(audience_of_three):
    made = started()
    assert steering.unattended() == []

    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    assert steering.unattended() == []
    assert steering.unattended(ignoring_jobs_begun=True) == [made.pk]

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    assert steering.unattended() == [made.pk]


def test_the_next_attempt_is_when_the_first_may_be_tried(audience_of_three):
    made = started()
    assert steering.next_attempt(made) == 0

    made.recipients.update(retry_at=Now() + timedelta(seconds=60))
    assert 58 < steering.next_attempt(made) <= 60

    made.recipients.update(state="cancelled")
    assert steering.next_attempt(made) is None
