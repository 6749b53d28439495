import re
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from consent_crm import erasing
from mailings import delivery, incoming, reporting
from mailings.claims import Claimer
from mailings.models import Mailing, Recipient, Report, SendingSettings
from mailings.reporting import Outcome
from persons import merging, singles
from persons.models import ConsentEvent, Deliverability, Person, SingleMessage, Suppression
from persons.verdict import Question, explain
from purposes.models import EmailTemplate
from tests.factories import PersonFactory
from tests.mailings.making import BY_STAFF, agree, mailing, persons, started
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


def letter(to, **headers):
    """What a mail program sends for whoever leaves by mail."""
    return plain("", **({"From": "kari@example.com", "To": to, "Message-ID": "<4711@mail.example.com>"} | headers))


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


def ended(person):
    return list(person.subscriptions.values_list("type", "is_active", "event__act__door"))


def test_an_opt_out_is_a_one_click(sent):
    take(arf(feedback="opt-out", mail_from=path(sent)))

    assert ended(sent.person) == [("NEWS", False, "one_click")]
    assert not Suppression.objects.exists()


def test_an_opt_out_of_somebody_merged_is_one_of_the_kept_person(sent):
    kept = PersonFactory()
    merging.merge(kept.pk, sent.person_id, by=BY_STAFF)

    take(arf(feedback="opt-out", mail_from=path(sent)))

    assert ended(kept) == [("NEWS", False, "one_click")]


@pytest.fixture
def by_mail(mail_server, settings):
    """The address by which the recipient of a mailing that was sent leaves, as the delivered message has it."""
    settings.BOUNCES_ARE_READ, settings.SITE_URL = True, "https://crm.shop.example"
    server = mail_server()
    [kari] = persons(1)
    agree(kari)
    delivery.deliver(started(), seconds=5)
    by_https, by_mail = server.messages()[0]["List-Unsubscribe"].split(", ")
    assert re.fullmatch(r"<https://crm.shop.example/u/[\w-]{32}/>", by_https)
    return re.fullmatch(r"<mailto:(u\+[\w-]{32}@bounces.shop.example)\?subject=unsubscribe>", by_mail)[1]


def test_leaving_by_mail_is_a_one_click_and_done_once(by_mail):
    outcomes = [take(letter(by_mail)), take(letter(by_mail)), take(letter(by_mail, **{"Message-ID": "<2@x>"}))]

    assert outcomes == [Outcome.DONE, Outcome.KNOWN, Outcome.DONE]
    assert ended(Person.objects.get()) == [("NEWS", False, "one_click")]
    assert ConsentEvent.objects.filter(subscription_type="NEWS").count() == 1


def test_by_mail_nobody_else_can_be_made_to_leave(by_mail):
    name, at, domain = by_mail.partition("@")
    forged = name[:-1] + ("A" if name[-1] != "A" else "B") + at + domain

    assert take(letter(forged)) == Outcome.UNMATCHED
    assert take(letter(by_mail, Precedence="bulk")) == Outcome.NOTHING
    assert ended(Person.objects.get()) == []


# ---- persons erased


@pytest.mark.parametrize("by", ["key", "address"])
def test_what_comes_after_an_erasure_is_matched_and_names_nobody(sent, by):
    address, to = sent.address, path(sent) if by == "key" else ""
    erasing.erase(sent.person, by=BY_STAFF)

    raw = dsn(id=address.partition("@")[0], to=to, address=address, words=f"550 5.1.1 <{address}> unknown")
    assert take(raw) == Outcome.DONE

    sent.refresh_from_db()
    assert (sent.bounce, sent.answer, sent.address) == ("no_such_address", "", None)
    assert Deliverability.objects.get().failed_at
    assert "kari" not in repr([list(model.objects.values()) for model in (Report, Recipient, Deliverability)])


def test_of_what_cannot_be_matched_nothing_is_kept_that_names_somebody_erased(sent):
    address = sent.address
    erasing.erase(sent.person, by=BY_STAFF)
    Recipient.objects.update(claimed_at=Now() - timedelta(days=9))

    in_words = plain(f"Sorry, <{address}>: no such user", **{"Message-ID": "<9@x>"})
    assert [take(dsn(address=address, words=f"{address} unknown")), take(in_words)] == [Outcome.UNMATCHED] * 2
    take(dsn(id="7", address="other@example.com", words="other@example.com unknown"))

    assert sorted(Report.objects.values_list("words", flat=True)) == ["", "", "other@example.com unknown"]


# ---- messages to one person


@pytest.fixture
def single():
    """A message with the link to the person's own page, handed over."""
    SendingSettings.objects.update(bounce_mailbox="back@mail.example")
    [kari] = persons(1)
    singles.send(EmailTemplate.Kind.PREFERENCE_LINK, kari)
    SingleMessage.objects.update(state="sent", claimed_at=Now(), answer="250 queued")
    return SingleMessage.objects.get()


@pytest.mark.parametrize(
    ("status", "bounce", "blocked"), [("5.1.1", "no_such_address", True), ("4.2.2", "mailbox", False)]
)
def test_a_message_to_one_person_that_comes_back_is_marked_and_counted(single, status, bounce, blocked):
    raw = dsn(to=f"back+{single.message_key.hex}@mail.example", status=status, words=f"550 {status} kari@example.com")

    assert [take(raw), take(raw)] == [Outcome.DONE, Outcome.KNOWN]

    single.refresh_from_db()
    assert (single.state, single.bounce, single.answer) == ("sent", bounce, f"550 {status} kari@example.com")
    assert single.bounced_at
    assert Report.objects.get().words == ""  # kept with the message alone, and erased with it
    assert Deliverability.objects.bounced().filter(address_hash=single.address_hash).exists() is blocked
    assert singles.latest_of(single.person) == [(single, "It came back.")]


def test_a_complaint_about_a_message_to_one_person_stops_e_marketing_too(single):
    take(arf(mail_from=f"back+{single.message_key.hex}@mail.example"))

    assert single.person.consents.get().basis_id == "OBJECTED"
    assert Suppression.objects.get().reason == "complaint"


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
