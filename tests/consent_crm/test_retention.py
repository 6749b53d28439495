"""What is forgotten when its period is over, and what never is."""

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from consent_crm import retention
from consent_crm.models import Retention
from mailings.models import Mailing, Recipient
from persons.ledger import Answer, Recorder, record
from persons.models import ConsentEvent, Door, Evidence
from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def ended(ago, answer="250 2.0.0 Ok: kari@example.com"):
    """A recipient of a mailing that ended so long ago."""
    mailing = Mailing.objects.create(name="News", subject="News", state="sent", finished_at=NOW - ago)
    return Recipient.objects.create(
        mailing=mailing,
        person=PersonFactory(),
        address="kari@example.com",
        one_per_address=False,
        code="consent",
        state="sent",
        claim=1,
        claimed_at=NOW - ago,
        answered_at=NOW - ago,
        answer=answer,
    )


def test_the_words_of_mail_servers_go_after_their_period_and_what_happened_stays():
    old, new = ended(timedelta(days=800)), ended(timedelta(days=700))

    assert retention.carry_out()["server answers"] == 1
    assert retention.carry_out()["server answers"] == 0

    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.answer, old.state) == ("", "sent")
    assert new.answer != ""

    Retention.objects.update(server_answer_months=12)
    assert retention.carry_out()["server answers"] == 1


def test_what_mailings_were_goes_after_its_period_and_what_they_are_stays():
    made = Mailing.objects.create(name="News", subject="News", body="a")
    Mailing.objects.update(subject="Other news", body="b")
    states, bodies = (Mailing.pgh_event_models[label].objects for label in ("insert", "body_insert"))
    assert (states.count(), bodies.count()) == (2, 2)

    retention.carry_out(now=NOW + timedelta(days=8))
    assert (states.count(), bodies.count()) == (2, 0)
    retention.carry_out(now=NOW + timedelta(days=740))
    assert states.count() == 0

    made.refresh_from_db()
    assert (made.subject, made.body) == ("Other news", "b")


def test_caught_mail_goes_after_its_period(settings, tmp_path):
    settings.TRIAL, settings.CAUGHT_MAIL = True, tmp_path
    for ago in (31, 29):
        (tmp_path / f"{NOW - timedelta(days=ago):%Y%m%dT%H%M%S}.000000-0a0b0c0d.eml").write_text("Subject: x\n\nx")

    assert retention.carry_out()["caught messages"] == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_nothing_of_the_ledger_is_ever_forgotten():
    answer = Answer(person_id=PersonFactory().pk, purpose_id="STORE", basis_id="61B", source_id="USER", comment="Sale.")
    record(answer, by=Recorder(door=Door.PAGE))

    retention.carry_out(now=NOW + timedelta(days=100 * 365))

    event = ConsentEvent.objects.get()
    assert event.evidence.comment == "Sale."


def test_a_file_whose_answer_was_never_recorded_goes_after_a_day():
    answer = Answer(person_id=PersonFactory().pk, purpose_id="EMARKETING", basis_id="61A", source_id="CHAT")
    record(replace(answer, file=ContentFile(b"%PDF-1.4 %%EOF", "letter.pdf")), by=Recorder(door=Door.PAGE))
    kept = Evidence.objects.get().file.name
    old, new = (default_storage.save(f"evidence/{name}", ContentFile(b"%PDF-1.4 %%EOF")) for name in ("old", "new"))
    for name in (kept, old):
        os.utime(default_storage.path(name), (0, 0))

    assert retention.carry_out()["files of answers never recorded"] == 1
    assert [default_storage.exists(name) for name in (kept, old, new)] == [True, False, True]
