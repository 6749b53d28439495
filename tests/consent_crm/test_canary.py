"""Somebody's whole life in the product, and after the erasure nothing that names them, wherever one looks (rules 5.4).

Each fact is a word of its own, so that whatever is left says where it came from. Before the erasure every word is found
at least once: the search itself is known to work.
"""

import csv
import io
import logging
import mailbox
import re
import subprocess
from base64 import b64encode
from contextlib import suppress
from pathlib import Path

import pytest
import xlsxwriter
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django import app

from consent_crm.postgres_programs import find_programs
from mailings import audience, mailboxes, steering
from mailings.models import Mailing, Recipient
from persons.models import ExternalId, Operation, Person, PreferenceRequest, SubscribeForm, Upload
from tests.cluster import server
from tests.factories import PersonFactory, UserFactory
from tests.mailings import making
from tests.mailings.returning import dsn, plain

pytestmark = pytest.mark.slow

FIELDS = {
    "First name": "zqfirst",
    "Last name": "zqlast",
    "Title": "zqtitle",
    "E-mail": "zqfirst@example.com",
    "Phone": "zqphone 22 33 44 55",
    "Mobile": "zqmobile 99 88 77 66",
    "Street": "zqstreet 1",
    "Postcode": "zqpostcode",
    "City": "zqcity",
    "Country": "zqcountry",
    "Newsletter": "yes",
    "Notes": "zqnotes",
}
KNOWN = {
    *("zqfirst", "zqlast", "zqtitle", "zqphone", "zqmobile", "zqstreet", "zqpostcode", "zqcity", "zqcountry"),
    *("zqfilename", "zqletter", "zqcontent", "zqcomment", "zqsubscribed", "zqmistake", "zqreason", "zqbulk", "zqundo"),
    *("zqbounce", "zqunknown", "zqwebhook", "zqpolicy", "zqsecond"),
    *("zqexternal", "zqsister", "zqother", "zqhersbounce"),
}
NEVER_KEPT = {"zqnotes", "zqplain", "zqcomplaint"}
NOW_AT = "zqsecond@example.com"
SECRET = "provider:secret"


# ---- where one looks


def dump(database):
    """The whole database as text, and what stands packed in it."""
    program = find_programs() / "pg_dump"
    yield subprocess.run([program, "--no-owner", database], capture_output=True, check=True).stdout
    for session in Session.objects.all():
        yield repr(session.get_decoded()).encode()


def files(*folders):
    for folder in folders:
        yield from (path.read_bytes() for path in Path(folder).rglob("*") if path.is_file())


def words(*texts):
    """Every word of the test in any of the texts, also in hexadecimal, as bytes stand in a dump."""
    lower = [text.lower() for text in texts]
    spelt = {word: (word.encode(), word.encode().hex().encode()) for word in KNOWN | NEVER_KEPT}
    return sorted(word for word, forms in spelt.items() if any(form in text for text in lower for form in forms))


# ---- the life


@pytest.fixture
def house(own_database, settings, tmp_path):
    """A company at work, in a trial: its caught mail, its journal, its bounce mailbox."""
    settings.TRIAL = True
    settings.CAUGHT_MAIL = tmp_path / "caught"
    settings.CAUGHT_MAIL.mkdir()
    settings.SUPPRESSION_JOURNAL = str(tmp_path / "stops.journal")
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
    settings.BOUNCE_MAILBOX = f"maildir://{tmp_path / 'bounces'}"
    mailbox.Maildir(tmp_path / "bounces")
    return own_database


@pytest.fixture
def staff(house):
    client = Client()
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    return client


@pytest.fixture
def everywhere(house, settings, tmp_path, caplog):
    """Every word that is left anywhere."""
    caplog.set_level(logging.INFO)

    def look():
        return words(*dump(house), *files(settings.MEDIA_ROOT, tmp_path), caplog.text.encode(), server.log.read_bytes())

    return look


def work_off():
    """Let a worker do what is queued."""
    with app.replace_connector(app.connector.get_worker_connector()) as worker, worker.open():
        worker.run_worker(wait=False, install_signal_handlers=False)


def post(client, route, *args, _query="", **data):
    response = client.post(reverse(route, args=args) + _query, data)
    assert response.status_code in (200, 302), (route, response.status_code, response.text[:3000])
    return response


def brought(staff, file):
    options = {
        "known": "empty",
        "basis": "",
        "purpose": "STORE",
        "source": "IMPORT",
        "comment": "Met at the fair in Bergen.",
    }
    post(staff, "persons:imports", **options, file=file)
    return Upload.objects.latest("pk")


def imported(staff, **facts):
    text = io.StringIO()
    csv.writer(text).writerows([list(FIELDS), list((FIELDS | facts).values())])
    upload = brought(staff, SimpleUploadedFile("zqfilename.csv", text.getvalue().encode()))
    post(staff, "persons:start_import", upload.pk)
    work_off()
    return Person.objects.latest("pk")


def waiting_workbook(staff):
    """A workbook that nobody has imported yet; its cells are packed."""
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as workbook:
        workbook.add_worksheet().write_column(0, 0, ["First name", FIELDS["First name"]])
        workbook.worksheets()[0].write_column(0, 1, ["Last name", FIELDS["Last name"]])
        workbook.worksheets()[0].write_column(0, 2, ["E-mail", FIELDS["E-mail"]])
    brought(staff, SimpleUploadedFile("fair.xlsx", book.getvalue()))


def sent(mails, settings, name):
    """A mailing to everybody, started and worked off; what the server took is caught as in a trial."""
    made = making.mailing(
        name=name,
        subject="News for {{ first_name }}",
        preheader="{{ last_name }}",
        body="<p>{{ full_name }}, {{ title }} in {{ city }}, {{ country }}</p>",
        type_id=None,
    )
    audience.build(made)
    steering.start(made)
    work_off()
    caught(mails, settings)
    return Mailing.objects.get(pk=made.pk)


def caught(mails, settings):
    for number, (sender, recipient, message) in enumerate(mails.accepted):
        trace = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n".encode()
        (settings.CAUGHT_MAIL / f"20261101T093000.{number:06}-0123abcd.eml").write_bytes(trace + message)


def link_in(mails, place, to):
    """The newest link to a page of the person's own in what was sent to an address."""
    bodies = [
        message.get_body(("plain",)).get_content()
        for message, recipient in zip(mails.messages(), mails.recipients, strict=True)
        if recipient == to
    ]
    return next(found[-1] for body in reversed(bodies) if (found := re.findall(rf"/{place}/([\w-]+)/", body)))


def came_back(settings, *raws):
    folder = mailbox.Maildir(settings.BOUNCE_MAILBOX.removeprefix("maildir://"))
    for raw in raws:
        folder.add(raw)
    mailboxes.work_off(settings.BOUNCE_MAILBOX)


def path(recipient):
    return f"b+{recipient.message_key.hex}@bounces.shop.example"


def recipient_of(person, name):
    return Recipient.objects.get(person=person, mailing__name=name)


def answers(staff, person):
    """On the person's page: a consent with a file, one recorded by mistake, a subscription."""
    letter = SimpleUploadedFile("zqletter.pdf", b"%PDF-1.4 zqcontent %%EOF")
    said = {"basis": "61A", "source": "CHAT", "expressed_by": "person"}
    post(staff, "persons:record_consent", person.pk, "EMARKETING", **said, comment="zqcomment said so", file=letter)
    post(staff, "persons:record_subscription", person.pk, "NEWS", source="CHAT", comment="zqsubscribed at the fair")
    post(
        staff, "persons:record_consent", person.pk, "STORE", **said | {"basis": "61B"}, comment="zqmistake in the line"
    )
    event = person.consents.get(purpose="STORE").event_id
    post(staff, "persons:undo", person.pk, event, reason="zqreason was another person")


def operations(staff, person):
    """A selection, an export, a bulk update about the person alone, and its undo."""
    query = f"?whom=checked&checked={person.pk}"
    post(staff, "selections:add", _query=query, name="Fair", kind="static")
    taken = staff.post(reverse("persons:export") + query, {"kind": "csv", "columns": ["first_name", "email"]})
    assert b"zqfirst" in b"".join(taken.streaming_content)
    said = {"basis_key": "61A", "mode": "only_none", "source": "USER", "expressed_by": "person"}
    post(
        staff,
        "persons:bulk_update",
        _query=f"{query}&matter=type-PROMOTIONS",
        **said,
        comment="zqbulk said so on the phone",
    )
    done = Operation.objects.latest("pk")
    post(staff, "persons:start_operation", done.pk)
    work_off()
    b"".join(staff.get(reverse("persons:operation_log", args=[done.pk])).streaming_content)
    post(staff, "persons:undo_operation", done.pk, reason="zqundo it was another one")
    work_off()


def asked_for(mails, settings, staff, person):
    """What the person does on pages of their own, and messages to the person alone."""
    post(staff, "persons:send_message", person.pk, "preference-link")
    work_off()
    stranger = Client()
    stranger.post(reverse("preferences", args=[link_in(mails, "p", person.address)]), {"ask": "1"})
    assert PreferenceRequest.objects.filter(person=person).exists()
    form = SubscribeForm.objects.create(key="news", name="Newsletter", language="en")
    form.types.set(["NEWS"])
    stranger.post(form.get_absolute_url(), {"email": person.email, "types": ["NEWS"]})
    work_off()
    stranger.post(reverse("confirm", args=[link_in(mails, "c", person.address)]), {"shown": "2"})
    caught(mails, settings)


def report(kind, recipient, **facts):
    event = {
        "RecordType": kind, "Type": "HardBounce", "TypeCode": 1, "ID": 4711, "Email": recipient.address,
        "From": path(recipient), "BouncedAt": "2026-11-02T10:00:00Z", "MessageID": "0",
    } | facts  # fmt: skip
    basic = b64encode(SECRET.encode()).decode()
    response = Client().post(
        "/mailings/providers/postmark/",
        event,
        content_type="application/json",
        headers={"Authorization": f"Basic {basic}"},
    )
    assert response.status_code == 200


def moved(staff, person):
    """Another address, on the form that has every field."""
    texts = {
        name.lower().replace(" ", "_"): text for name, text in FIELDS.items() if name not in ("Newsletter", "Notes")
    }
    texts |= {"email": NOW_AT, "company_name": ""}
    post(staff, "persons:edit", person.pk, **texts)
    person.refresh_from_db()


def merged(staff, kept, other):
    url = f"{reverse('persons:merge', args=[kept.pk])}?other={other.pk}"
    staff.post(url, {"seen": staff.get(url).context["plan"].seen})
    other.refresh_from_db()
    assert other.merged_into == kept


def refused_by_the_database(person):
    """What PostgreSQL writes into its log when a row is there already."""
    for _turn in range(2):
        with suppress(IntegrityError):
            ExternalId.objects.create(person=person, system="HubSpot", value="zqexternal")


def lived(staff, mail_server, settings):
    """A person whose every fact is known to the product by some way of its own."""
    mails = mail_server()
    kari, other = imported(staff), PersonFactory(last_name="zqsister", email="zqother@example.com", mobile="zqhers 1")
    making.agree(other)
    refused_by_the_database(kari)
    answers(staff, kari)
    operations(staff, kari)
    sent(mails, settings, "First")
    first = recipient_of(kari, "First")
    came_back(settings, dsn(to=path(first), words="452 4.2.2 zqbounce of zqfirst is full", status="4.2.2"))
    hers = recipient_of(other, "First")
    came_back(settings, dsn(id="6", to=path(hers), words="550 5.1.1 zqhersbounce is unknown"))
    merged(staff, kari, other)
    moved(staff, kari)
    asked_for(mails, settings, staff, kari)
    sent(mails, settings, "Second")
    second = recipient_of(kari, "Second")
    quoting = plain("I am zqfirst zqlast, and zqplain I want nothing.", From="Kari <kari@example.net>")
    came_back(settings, dsn(id="7", address=FIELDS["E-mail"], words=f"550 zqunknown {FIELDS['E-mail']}"), quoting)
    mails.rcpt = f"550 5.7.1 <{NOW_AT}>: zqpolicy"
    assert sent(mails, settings, "Third").state == "paused"
    report("Bounce", second, Details=f"smtp;550 5.1.1 zqwebhook {NOW_AT}")
    report("SpamComplaint", second, Type="SpamComplaint", ID=4712, Details=f"zqcomplaint {NOW_AT}")
    return kari


def test_nothing_anywhere_names_whoever_was_erased(staff, mail_server, settings, everywhere):
    kari, ola = lived(staff, mail_server, settings), PersonFactory(first_name="Ola", last_name="Berg")
    waiting_workbook(staff)
    assert sorted(KNOWN.difference(everywhere())) == []
    merged(staff, ola, kari)

    erased = staff.post(reverse("erase_person", args=[ola.pk]), {"name": "Ola Berg"})

    assert erased.status_code == 302, erased.text
    assert everywhere() == []
