import pytest

from mailings.smtp import Connection, Phase, Undelivered
from tests.mailings.mail_server import DROP, SILENCE, TRICKLE

MESSAGE = b"Subject: Hi\r\n\r\nbody\r\n"


@pytest.fixture
def connect():
    opened = []
    yield lambda: opened.append(Connection.open()) or opened[-1]
    for connection in opened:
        connection.close()


both_ways = pytest.mark.parametrize("pipelining", [True, False])


def hand_over(connection, recipient="kari@example.com"):
    return connection.hand_over("b@bounces.example", recipient, MESSAGE)


@both_ways
def test_messages_go_over_one_connection(mail_server, connect, pipelining):
    server = mail_server(pipelining=pipelining)
    connection = connect()

    replies = [hand_over(connection, f"kari{number}@example.com") for number in range(3)]

    assert {str(reply) for reply in replies} == {"250 2.0.0 queued"}
    assert server.accepted == [("b@bounces.example", f"kari{number}@example.com", MESSAGE) for number in range(3)]
    assert server.connections == 1


@both_ways
@pytest.mark.parametrize(
    ("told", "phase", "words"),
    [
        ({"mail": "550 5.1.0 not you"}, Phase.SENDER, "550 5.1.0 not you"),
        ({"mail": "451 4.3.0 later"}, Phase.SENDER, "451 4.3.0 later"),
        ({"rcpt": "550 5.1.1 nobody"}, Phase.RECIPIENT, "550 5.1.1 nobody"),
        ({"rcpt": "550-5.1.1 nobody\r\n550 5.1.1 here"}, Phase.RECIPIENT, "550 5.1.1 nobody 5.1.1 here"),
        ({"data": "451 4.3.0 later"}, Phase.DATA, "451 4.3.0 later"),
        ({"dot": "554 5.6.0 no"}, Phase.DOT, "554 5.6.0 no"),
    ],
)
def test_a_refusal_says_when_it_came_and_leaves_the_connection_usable(
    mail_server, connect, pipelining, told, phase, words
):
    server = mail_server(pipelining=pipelining, **told)
    connection = connect()

    with pytest.raises(Undelivered) as refused:
        hand_over(connection)
    for name in told:
        setattr(server, name, "")

    assert (refused.value.phase, refused.value.words) == (phase, words)
    assert connection.is_usable
    assert hand_over(connection).code == 250
    assert server.recipients == ["kari@example.com"]


@both_ways
@pytest.mark.parametrize("how", [DROP, SILENCE, TRICKLE, "421 4.3.2 closing", "nonsense"])
@pytest.mark.parametrize(
    ("point", "phase"),
    [("mail", Phase.SENDER), ("rcpt", Phase.RECIPIENT), ("data", Phase.DATA), ("dot", Phase.DOT)],
)
def test_a_lost_connection_says_how_far_the_message_had_come(mail_server, connect, pipelining, how, point, phase):
    mail_server(pipelining=pipelining, **{point: how})
    connection = connect()

    with pytest.raises(Undelivered) as lost:
        hand_over(connection)

    assert lost.value.phase == phase
    assert not connection.is_usable


def test_a_server_that_goes_on_without_a_recipient_gets_a_message_for_nobody(mail_server, connect):
    server = mail_server(lax=True, rcpt=lambda address: "550 5.1.1 nobody" if "a@" in address else "")
    connection = connect()

    with pytest.raises(Undelivered):
        hand_over(connection, "a@example.com")
    hand_over(connection, "b@example.com")

    assert server.recipients == ["b@example.com"]


def test_a_server_that_goes_on_without_a_sender_is_sent_nothing(mail_server, connect):
    server = mail_server(lax=True, mail="550 5.1.0 not you")
    connection = connect()

    with pytest.raises(Undelivered) as refused:
        hand_over(connection)

    assert (refused.value.phase, connection.is_usable) == (Phase.SENDER, False)
    assert server.accepted == []


@both_ways
def test_a_server_that_knows_reports_is_asked_to_send_back_what_names_the_message(mail_server, connect, pipelining):
    server = mail_server(dsn=True, pipelining=pipelining)

    connect().hand_over("b@bounces.example", "kari+shop@example.com", MESSAGE, envelope_id="4711")

    assert server.parameters == ["RET=HDRS ENVID=4711", "NOTIFY=FAILURE ORCPT=rfc822;kari+2Bshop@example.com"]


def test_a_connection_lost_amid_the_message_was_lost_before_the_final_dot(mail_server, connect):
    mail_server(body=DROP)
    connection = connect()

    with pytest.raises(Undelivered) as lost:
        connection.hand_over("b@bounces.example", "kari@example.com", MESSAGE + b"long\r\n" * 1_000_000)

    assert lost.value.phase == Phase.DATA


def test_a_server_that_talks_for_ever_is_left_in_time(mail_server, connect, settings):
    mail_server(dot="250-" + "x" * 10_000)
    settings.EMAIL_TIMEOUT = 0.5
    connection = connect()

    with pytest.raises(Undelivered) as lost:
        hand_over(connection)

    assert (lost.value.phase, lost.value.reply) == (Phase.DOT, None)


@pytest.mark.parametrize(
    ("told", "phase", "code"),
    [
        ({"greeting": "554 not you"}, Phase.CONNECT, 554),
        ({"greeting": "421 busy"}, Phase.CONNECT, 421),
        ({"greeting": DROP}, Phase.CONNECT, None),
        ({"greeting": SILENCE}, Phase.CONNECT, None),
        ({"auth": "535 5.7.8 wrong password"}, Phase.SIGN_IN, 535),
        ({"auth": "454 4.7.0 later"}, Phase.SIGN_IN, 454),
    ],
)
def test_a_server_that_cannot_be_reached_says_why(mail_server, settings, told, phase, code):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "shop", "secret"
    mail_server(**told)

    with pytest.raises(Undelivered) as refused:
        Connection.open()

    assert refused.value.phase == phase
    assert (refused.value.reply and refused.value.reply.code) == code


def test_nobody_listening(settings):
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 0.5

    with pytest.raises(Undelivered) as refused:
        Connection.open()

    assert (refused.value.phase, refused.value.reply) == (Phase.CONNECT, None)


def test_encryption_that_the_server_does_not_offer_is_not_done_without(mail_server, settings):
    mail_server()
    settings.EMAIL_USE_TLS = True

    with pytest.raises(Undelivered) as refused:
        Connection.open()

    assert refused.value.reply.code == 502
