from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now

from mailings import bouncing
from mailings.claims import Claimer
from mailings.diagnosis import Bounce
from mailings.models import Recipient
from persons import deliverability
from persons.models import Deliverability
from persons.verdict import Question, explain
from tests.factories import UserFactory
from tests.mailings.making import agree, persons, started

pytestmark = pytest.mark.django_db


@pytest.fixture
def kari():
    [kari] = persons(1)
    agree(kari)
    return kari


def mailed(days_ago):
    """A mailing that was sent so many days ago."""
    made = started()
    Claimer(made).claim(1)
    made.recipients.update(state="sent", claimed_at=Now() - timedelta(days=days_ago))
    return made


def came_back(made, bounce=Bounce.MAILBOX, hours=1):
    """So many hours after it was sent."""
    made.recipients.update(bounce=bounce, bounced_at=F("claimed_at") + timedelta(hours=hours))
    hash_ = Recipient.objects.get(mailing=made).address_hash
    bouncing.take_note(made.pk, [(hash_, bounce, "452 4.2.2 full")])


def in_a_row():
    return Deliverability.objects.get().bounces_in_a_row


def code(person):
    return explain(person, Question()).code


def test_five_mailings_in_a_row_block_the_address(kari):
    mailings = [mailed(days_ago) for days_ago in range(25, 0, -5)]

    for made in mailings[:4]:
        came_back(made)
    assert (in_a_row(), code(kari)) == (4, "consent")

    came_back(mailings[4], Bounce.SYSTEM)
    assert (in_a_row(), code(kari)) == (5, "bounced")


def test_the_order_in_which_reports_come_makes_no_difference(kari):
    mailings = [mailed(days_ago) for days_ago in range(25, 0, -5)]

    for made in reversed(mailings):
        came_back(made)

    assert in_a_row() == 5


def test_a_mailing_of_which_nothing_came_back_within_72_hours_breaks_the_row(kari):
    mailings = [mailed(days_ago) for days_ago in range(30, 0, -5)]

    for made in mailings[:3] + mailings[4:]:
        came_back(made)
    assert in_a_row() == 2

    came_back(mailings[3], hours=73)
    assert in_a_row() == 0  # too late to count
    came_back(mailings[3], hours=71)
    assert in_a_row() == 6


def test_what_is_our_fault_is_passed_over(kari):
    mailings = [mailed(days_ago) for days_ago in range(30, 0, -5)]

    for made in mailings:
        came_back(made, Bounce.POLICY if made == mailings[2] else Bounce.MAILBOX)

    assert (in_a_row(), code(kari)) == (5, "bounced")


@pytest.mark.parametrize("bounce", [Bounce.POLICY, Bounce.CONTENT, Bounce.OTHER])
def test_what_is_our_fault_says_nothing_about_the_address(kari, bounce):
    came_back(mailed(1), bounce)

    assert not Deliverability.objects.exists()


def test_an_address_that_does_not_exist_is_blocked_at_once(kari):
    came_back(mailed(1), Bounce.NO_SUCH_ADDRESS)

    assert code(kari) == "bounced"


def test_cleared_by_staff_the_row_begins_anew(kari):
    anne = UserFactory()
    for days_ago in range(25, 0, -5):
        came_back(mailed(days_ago))

    assert deliverability.clear(kari.address_hash, by=anne)

    row = Deliverability.objects.get()
    assert (row.cleared_by, row.diagnosis, code(kari)) == (anne, "452 4.2.2 full", "consent")
    after = mailed(0)
    after.recipients.update(claimed_at=Now() + timedelta(seconds=1))
    came_back(after)
    assert in_a_row() == 1


def test_clearing_what_is_not_blocked_changes_nothing(kari):
    came_back(mailed(1))

    assert not deliverability.clear(kari.address_hash, by=UserFactory())
    assert Deliverability.objects.get().cleared_at is None
