"""Messages to one person, handed over in real conversations."""

import re
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from mailings import singles as delivery
from persons import confirming, links, singles
from persons.confirming import Item, pending_of
from persons.ledger import Answer, Recorder, record
from persons.models import Deliverability, Door, LinkToken, SingleMessage, Suppression
from purposes.models import EmailTemplate, SubscriptionType
from tests.factories import PersonFactory
from tests.mailings.mail_server import DROP

pytestmark = pytest.mark.django_db

LINK = EmailTemplate.Kind.PREFERENCE_LINK


@pytest.fixture
def person():
    return PersonFactory(first_name="Kari", email="kari@example.com", language="en")


def run():
    return delivery.deliver(seconds=5)


def fresh(message):
    return SingleMessage.objects.get(pk=message.pk)


def asked(person, is_public=True):
    pending = pending_of(person, [Item(SubscriptionType.objects.get(pk="NEWS"), None)], "en")
    return singles.ask_to_confirm(pending, is_public=is_public)[0]


def token_in(mail, page):
    return re.search(rf"/{page}/([\w-]+)/", mail.get_body(["plain"]).get_content())[1]


def test_it_says_what_it_is_and_carries_nothing_of_a_list(mail_server, person):
    server = mail_server()
    message = singles.send(LINK, person)

    rest = run()

    [mail] = server.messages()
    assert (mail["To"], mail["Auto-Submitted"]) == ("kari@example.com", "auto-generated")
    assert not [name for name in mail if name.lower().startswith("list-") or name == "Precedence"]
    assert server.accepted[0][0] == f"b+{fresh(message).message_key.hex}@bounces.shop.example"
    assert mail["Message-ID"].startswith(f"<{fresh(message).message_key.hex}@")
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert (fresh(message).state, fresh(message).answer) == ("sent", "250 2.0.0 queued")
    assert rest.wait is None


def test_the_link_in_it_leads_to_the_persons_own_page(mail_server, person, client):
    server = mail_server()
    singles.send(LINK, person)

    run()

    token = token_in(server.messages()[0], "p")
    assert links.read(token).person == person
    assert "k•••@example.com" in client.get(f"/p/{token}/").content.decode()


def test_the_privacy_confirmation_says_on_which_ground(mail_server, person):
    server = mail_server()
    answer = Answer(person_id=person.pk, purpose_id="STORE", basis_id="61F", source_id="WEBFORM")
    record(answer, by=Recorder(door=Door.PAGE))
    singles.send(EmailTemplate.Kind.PRIVACY_CONFIRMATION, person)

    run()

    text = server.messages()[0].get_body(["plain"]).get_content()
    assert "The ground for it: Legitimate interest. Where it came from: Web form." in text


def test_the_link_that_confirms_is_known_by_its_hash_alone(mail_server, person):
    server = mail_server()
    asked(person)

    run()

    mail = server.messages()[0]
    pending = confirming.read(token_in(mail, "c"))
    assert pending.person == person
    assert "News" in mail.get_body(["plain"]).get_content()


def withdrawn(person):
    answer = Answer(person_id=person.pk, purpose_id="EMARKETING", basis_id="WITHDRAWN", source_id="USER")
    record(answer, by=Recorder(door=Door.LINK))
    person.no_mailings = True
    person.save()


def test_a_stop_does_not_hold_it_back(mail_server, person):
    server = mail_server()
    withdrawn(person)
    singles.send(LINK, person)

    run()

    assert server.recipients == ["kari@example.com"]


def former(person):
    person.former_employee = True
    person.save()


def without_address(person):
    person.email = ""
    person.save()


def moved(person):
    person.email = "new@example.com"
    person.save()


def suppressed(person, reason="admin"):
    Suppression.objects.create(address_hash=person.address_hash, reason=reason)


def bounced(person):
    Deliverability.objects.create(address_hash=person.address_hash, failed_at=timezone.now())


@pytest.mark.parametrize(
    ("happens", "code"),
    [
        (former, "retired"),
        (without_address, "no_address"),
        (moved, "address_changed"),
        (suppressed, "suppressed"),
        (bounced, "bounced"),
    ],
)
def test_what_happens_before_it_is_handed_over_is_heeded(mail_server, person, happens, code):
    server = mail_server()
    message = singles.send(LINK, person)
    happens(person)

    run()

    assert server.accepted == []
    assert (fresh(message).state, fresh(message).code) == ("held_back", code)


@pytest.mark.parametrize(("point", "told"), [("rcpt", "451 4.7.1 greylisted"), ("mail", "550 5.7.1 not you")])
def test_a_refusal_that_may_pass_is_tried_again_later(mail_server, person, point, told):
    server = mail_server(**{point: told})
    message = singles.send(LINK, person)

    rest = run()

    assert (fresh(message).state, fresh(message).answer, fresh(message).attempts) == ("waiting", told, 1)
    assert rest.wait > 0
    setattr(server, point, "")
    SingleMessage.objects.update(retry_at=Now())
    run()
    assert fresh(message).state == "sent"


def test_nobody_there_fails_and_is_remembered(mail_server, person):
    mail_server(rcpt="550 5.1.1 nobody")
    message = singles.send(LINK, person)

    run()

    assert (fresh(message).state, fresh(message).bounce) == ("failed", "no_such_address")
    assert Deliverability.objects.bounced().get().address_hash == person.address_hash


def test_a_connection_lost_behind_the_final_dot_is_uncertain_and_not_sent_again(mail_server, person):
    server = mail_server(dot=DROP)
    message = singles.send(LINK, person)
    run()
    server.dot = ""

    run()

    assert (fresh(message).state, len(server.accepted)) == ("uncertain", 0)


def test_without_a_server_it_waits(mail_server, person):
    mail_server(greeting="421 4.3.2 closing")
    message = singles.send(LINK, person)

    assert run().in_trouble

    assert (fresh(message).state, fresh(message).attempts) == ("waiting", 0)


def test_a_claim_whose_worker_died_becomes_uncertain(person):
    message = singles.send(LINK, person)
    assert delivery.claim() == message
    assert delivery.claim() is None
    assert delivery.sweep() == 0
    SingleMessage.objects.update(claimed_at=Now() - timedelta(minutes=5))

    assert delivery.sweep() == 1
    assert fresh(message).state == "uncertain"


def test_nothing_is_sent_after_a_restore_before_the_stops_are_made_again(mail_server, settings, tmp_path, person):
    server = mail_server()
    path = tmp_path / "stops.journal"
    path.write_text('{"kind":"seal","number":4711,"hash":"00"}\n')
    singles.send(LINK, person)
    settings.SUPPRESSION_JOURNAL = str(path)

    assert run().in_trouble

    assert server.connections == 0


def test_names_in_it_become_no_line_and_no_recipient_of_their_own(mail_server):
    server = mail_server()
    person = PersonFactory(first_name="A\r\nBcc: x@example.com", last_name="<script>", email="kari@example.com")
    EmailTemplate.objects.get(pk=LINK).texts.create(
        language="en", subject="For {{ full_name }}", body="<p>{{ full_name }} {{ preferences_url }}</p>"
    )
    singles.send(LINK, person)

    run()

    [mail] = server.messages()
    assert mail["Subject"] == "For A Bcc: x@example.com <script>"
    assert mail["Bcc"] is None
    assert "<script>" not in mail.get_body(["html"]).get_content()
    assert LinkToken.objects.count() == 1
