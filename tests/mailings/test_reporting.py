import pytest

from mailings import incoming, reporting
from mailings.claims import Claimer
from mailings.models import Mailing, Report, SendingSettings
from mailings.reporting import Outcome
from persons.models import Deliverability, Suppression
from persons.verdict import Question, explain
from tests.mailings.making import agree, mailing, persons, started
from tests.mailings.returning import arf, dsn, plain

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent():
    """The recipient of a mailing that was sent."""
    agree(*persons(1))
    return sent_to_all()


def sent_to_all(**facts):
    made = started(**facts)
    Claimer(made).claim(1)
    made.recipients.update(state="sent")
    return made.recipients.get()


def take(raw, **facts):
    return reporting.take(incoming.read(raw), **facts)


def path(recipient):
    return f"b+{recipient.message_key.hex}@bounces.shop.example"


def code(recipient):
    return explain(recipient.person, Question()).code


def test_a_bounce_marks_the_recipient_and_blocks_the_address_but_is_no_answer(sent):
    assert take(dsn(to=path(sent), address="somebody@else.example")) == Outcome.DONE

    sent.refresh_from_db()
    assert (sent.state, sent.bounce, sent.answer) == ("sent", "no_such_address", "550 5.1.1 user unknown")
    assert Report.objects.get().recipient == sent
    assert code(sent) == "bounced"
    assert not sent.person.events.filter(basis_after__allows=False).exists()


def test_a_refusal_because_of_us_never_punishes_the_person(sent):
    take(dsn(to=path(sent), status="5.7.26", words="550 5.7.26 unauthenticated"))

    assert code(sent) == "consent"
    assert not Deliverability.objects.exists()


def test_a_report_is_worked_off_once(sent):
    assert [take(dsn(to=path(sent))) for _ in range(2)] == [Outcome.DONE, Outcome.KNOWN]
    assert Report.objects.count() == 1


@pytest.mark.parametrize("by", ["envelope", "returned"])
def test_the_message_is_found_by_what_comes_back_with_the_report(sent, by):
    key = sent.message_key.hex
    facts = {"envelope": f"Original-Envelope-Id: {key}\n", "returned": f"{key}@shop.example"}

    assert take(dsn(**{by: facts[by]})) == Outcome.DONE


def test_without_a_key_by_the_address_where_one_message_went_there(sent):
    assert take(dsn(address=sent.address.upper())) == Outcome.DONE


def test_where_two_messages_went_to_the_address_nothing_is_guessed(sent):
    sent_to_all(name="November news")

    assert take(dsn(address=sent.address)) == Outcome.UNMATCHED
    assert Report.objects.get().recipient is None
    assert not Deliverability.objects.exists()


def test_a_message_that_was_never_sent_cannot_come_back(sent):
    made = mailing()
    persons(1)
    assert take(dsn(to=f"b+{'a' * 32}@x.example")) == Outcome.UNMATCHED
    assert not made.recipients.exists()


def test_a_complaint_stops_e_marketing_and_blocks_the_address(sent):
    assert take(arf(mail_from=path(sent))) == Outcome.DONE

    consent = sent.person.consents.get(purpose="EMARKETING")
    assert (consent.basis_id, consent.is_own, consent.event.act.door) == ("OBJECTED", True, "complaint")
    assert Suppression.objects.get().reason == "complaint"
    sent.refresh_from_db()
    assert sent.complained_at


def test_a_complaint_counts_only_with_the_key_unless_a_provider_reports_it(sent):
    told = incoming.Told("4711", Report.Kind.COMPLAINT, address=sent.address)

    assert reporting.take(told) == Outcome.UNMATCHED
    assert code(sent) == "consent"
    assert reporting.take(incoming.Told("4712", Report.Kind.COMPLAINT, address=sent.address), is_trusted=True) == "done"
    assert code(sent) == "suppressed"


def test_an_opt_out_is_a_one_click(sent):
    take(arf(feedback="opt-out", mail_from=path(sent)))

    assert list(sent.person.subscriptions.values_list("type", "is_active")) == [("NEWS", False)]
    assert not Suppression.objects.exists()


def test_too_many_complaints_pause_the_mailing():
    SendingSettings.objects.update(pause_after=1)
    agree(*persons(2))
    made = started()
    Claimer(made).claim(1)
    made.recipients.filter(state="claimed").update(state="sent")

    take(arf(mail_from=path(made.recipients.get(state="sent"))))

    assert Mailing.objects.get().state == "paused"


def test_what_says_nothing_leaves_no_row(sent):
    assert take(dsn(to=path(sent), action="delayed")) == Outcome.NOTHING
    assert take(plain("Away", **{"Auto-Submitted": "auto-replied", "To": path(sent)})) == Outcome.NOTHING
    assert not Report.objects.exists()
