"""A test goes to users, and leaves no trace."""

import re

import pytest

from mailings import testing
from mailings.models import Recipient
from mailings.smtp import Undelivered
from persons.models import ConsentEvent, LinkToken
from tests.factories import PersonFactory, UserFactory
from tests.mailings.making import mailing

pytestmark = pytest.mark.django_db


def test_a_test_carries_the_users_name_and_is_marked(mail_server):
    server = mail_server()
    user = UserFactory(email="anne@example.com")

    assert testing.send(mailing(), [user]) == []

    [message] = server.messages()
    assert (message["To"], message["Subject"]) == ("anne@example.com", "Test: News")
    assert "Hello Anne" in message.get_body(("plain",)).get_content()


def test_a_test_takes_no_verdict_and_is_in_no_count(mail_server):
    mail_server()

    testing.send(mailing(), [UserFactory(email="kari@example.com")])

    assert not Recipient.objects.exists()
    assert not LinkToken.objects.exists()


def test_the_links_of_a_test_change_nothing(client, mail_server):
    server = mail_server()
    PersonFactory(email="kari@example.com")
    testing.send(mailing(), [UserFactory(email="kari@example.com")])

    [message] = server.messages()
    links = re.findall(r"https?://[^/]+(/[up]/\S+)", message.get_body(("plain",)).get_content())
    assert len(links) == 2
    for link in links:
        client.get(link)
        client.post(link, {"List-Unsubscribe": "One-Click", "scope": "purpose:EMARKETING"})
    assert not ConsentEvent.objects.exists()


def test_who_was_refused_is_said_and_the_others_get_it(mail_server):
    server = mail_server(rcpt=lambda address: "550 5.1.1 nobody" if address.startswith("ola") else "")
    users = [UserFactory(email=f"{name}@example.com") for name in ("ola", "anne")]

    assert testing.send(mailing(), users) == [("ola@example.com", "550 5.1.1 nobody")]
    assert server.recipients == ["anne@example.com"]


def test_without_a_server_it_says_so(settings):
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 0.5

    with pytest.raises(Undelivered):
        testing.send(mailing(), [UserFactory()])
