import pytest
from django.db.models import Count
from django.db.models.functions import Now

from mailings import audience, delivery, steering
from mailings.claims import LARGEST
from mailings.delivery import LADDER, deliver, later
from mailings.models import Mailing, SendingSettings
from persons import links
from persons.models import Deliverability
from persons.verdict import Question, explain
from tests.mailings.mail_server import DROP, SILENCE, TRICKLE
from tests.mailings.making import agree, persons, started, withdraw

pytestmark = pytest.mark.django_db


def numbers(made):
    return audience.numbers(made)["states"]


def of_three(**facts):
    agree(*persons(3))
    return started(**facts)


def run(made, seconds=20):
    return deliver(made, seconds=seconds)


def claims(made):
    """How many were in each claim, in the order of the claims."""
    rows = made.recipients.values("claim", "claimed_at").annotate(number=Count("pk")).order_by("claimed_at")
    return [row["number"] for row in rows]


def fresh(made):
    return Mailing.objects.get(pk=made.pk)


def test_everybody_let_in_gets_one_message_of_their_own(mail_server):
    server = mail_server()
    many = persons(30)
    agree(*many[:25])
    made = started(subject="News for {{ last_name }}")

    rest = run(made)

    assert rest.wait is None
    assert server.recipients == [person.address for person in many[:25]]
    assert [message["Subject"] for message in server.messages()] == [f"News for {one.last_name}" for one in many[:25]]
    assert [message["To"] for message in server.messages()] == server.recipients
    assert (numbers(made), fresh(made).state) == ({"sent": 25, "held_back": 5}, "sent")
    assert server.connections == 1


def test_the_return_path_and_the_message_id_are_the_recipients_own(mail_server):
    server = mail_server()
    made = of_three()

    run(made)

    keys = [row.message_key.hex for row in made.recipients.order_by("id")]
    assert [sender for sender, _, _ in server.accepted] == [f"b+{key}@bounces.shop.example" for key in keys]
    assert [message["Message-ID"] for message in server.messages()] == [f"<{key}@shop.example>" for key in keys]


def test_a_bounce_mailbox_of_the_settings_is_the_return_path(mail_server):
    SendingSettings.objects.update(bounce_mailbox="back@mail.example")
    server = mail_server(dsn=True)
    made = of_three()

    run(made)

    keys = [row.message_key.hex for row in made.recipients.order_by("id")]
    assert [sender for sender, _, _ in server.accepted] == [f"back+{key}@mail.example" for key in keys]
    assert server.parameters[:2] == [f"RET=HDRS ENVID={keys[0]}", f"NOTIFY=FAILURE ORCPT=rfc822;{server.recipients[0]}"]


def test_the_servers_words_are_kept(mail_server):
    mail_server(dot="250 2.0.0 queued as 4711")
    made = of_three()

    run(made)

    assert set(made.recipients.values_list("answer", flat=True)) == {"250 2.0.0 queued as 4711"}


@pytest.mark.parametrize("point", ["mail", "rcpt", "data", "dot"])
def test_a_temporary_refusal_is_tried_again_and_heals(mail_server, point):
    server = mail_server(**{point: "451 4.3.0 later"})
    made = of_three()

    rest = run(made)

    assert numbers(made) == {"waiting": 3}
    assert 0 < rest.wait <= LADDER[0] * 1.25
    assert set(made.recipients.values_list("attempts", "answer")) == {(1, "451 4.3.0 later")}
    setattr(server, point, "")
    made.recipients.update(retry_at=Now())
    assert run(made).wait is None
    assert (numbers(made), len(server.accepted)) == ({"sent": 3}, 3)


def test_who_withdraws_before_the_next_attempt_gets_nothing(mail_server):
    server = mail_server(rcpt="451 4.7.1 greylisted")
    made = of_three()
    run(made)
    withdraw(made.recipients.first().person)
    server.rcpt = ""
    made.recipients.update(retry_at=Now())

    run(made)

    assert (numbers(made), len(server.accepted)) == ({"sent": 2, "held_back": 1}, 2)


def test_after_the_last_rung_it_has_failed(mail_server):
    mail_server(rcpt="452 4.2.2 full")
    made = of_three()
    made.recipients.update(attempts=len(LADDER))

    run(made)

    assert (numbers(made), fresh(made).state) == ({"failed": 3}, "sent")


def test_the_ladder_climbs_with_jitter():
    for attempts, seconds in enumerate(LADDER):
        tries = {later(attempts) for _ in range(50)}
        assert len(tries) > 1
        assert all(0.75 * seconds <= one <= 1.25 * seconds for one in tries)


def test_no_such_address_fails_and_is_remembered_but_is_no_answer_of_the_person(mail_server):
    server = mail_server(rcpt=lambda address: "550 5.1.1 nobody" if address.startswith("kari1@") else "")
    made = of_three()

    run(made)

    row = made.recipients.get(state="failed")
    assert (row.answer, len(server.accepted)) == ("550 5.1.1 nobody", 2)
    assert Deliverability.objects.get().address_hash == row.person.address_hash
    assert explain(row.person, Question()).code == "bounced"
    assert not row.person.events.filter(basis_after__allows=False).exists()


def test_any_other_permanent_refusal_fails_alone(mail_server):
    mail_server(rcpt=lambda address: "550 5.2.1 disabled" if address.startswith("kari1@") else "")
    made = of_three()

    run(made)

    assert numbers(made) == {"sent": 2, "failed": 1}
    assert made.recipients.get(state="failed").bounce == "mailbox"
    assert not Deliverability.objects.bounced().exists()


@pytest.mark.parametrize(
    "told",
    [
        {"greeting": "554 5.7.1 no service for you"},
        {"mail": "550 5.1.0 sender refused"},
        {"rcpt": "550 5.7.1 relaying denied"},
        {"dot": "550 5.7.26 not authenticated"},
    ],
)
def test_what_is_about_us_pauses_the_mailing_with_the_servers_words(mail_server, told):
    server = mail_server(**told)
    made = of_three()

    run(made)

    assert (fresh(made).state, fresh(made).pause_reason) == ("paused", *told.values())
    assert numbers(made) == {"waiting": 3}
    assert set(made.recipients.values_list("attempts", flat=True)) == {0}
    assert not Deliverability.objects.exists()
    for point in told:
        setattr(server, point, "")
    steering.resume(made)
    run(made)
    assert numbers(made) == {"sent": 3}


def test_a_wrong_password_pauses_the_mailing(mail_server, settings):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "shop", "wrong"
    mail_server(auth="535 5.7.8 authentication failed")
    made = of_three()

    assert run(made).wait is None

    assert (fresh(made).state, fresh(made).pause_reason) == ("paused", "535 5.7.8 authentication failed")
    assert numbers(made) == {"waiting": 3}


@pytest.mark.parametrize("how", [DROP, SILENCE, TRICKLE, "421 4.3.2 closing"])
def test_a_server_that_cannot_be_reached_costs_nobody_an_attempt(mail_server, how):
    server = mail_server(greeting=how)
    made = of_three()

    rest = run(made)

    assert rest.in_trouble
    assert (numbers(made), set(made.recipients.values_list("attempts", flat=True))) == ({"waiting": 3}, {0})
    assert fresh(made).trouble
    server.greeting = ""
    run(made)
    assert (numbers(made), fresh(made).trouble) == ({"sent": 3}, "")


def test_a_refused_connection_costs_nobody_an_attempt(mail_server, settings):
    server = mail_server()
    made = of_three()
    settings.EMAIL_PORT = 1

    assert run(made).in_trouble

    assert (numbers(made), set(made.recipients.values_list("attempts", flat=True))) == ({"waiting": 3}, {0})
    assert "refused" in fresh(made).trouble
    settings.EMAIL_PORT = server.port
    run(made)
    assert (numbers(made), fresh(made).trouble) == ({"sent": 3}, "")


@pytest.mark.parametrize("how", [DROP, SILENCE, TRICKLE, "421 4.3.2 closing"])
@pytest.mark.parametrize("point", ["mail", "rcpt", "data"])
def test_a_connection_lost_before_the_final_dot_is_tried_again(mail_server, how, point):
    lost = iter([how])
    server = mail_server(**{point: lambda address: next(lost, "")})
    made = of_three()

    run(made)

    assert numbers(made) == {"waiting": 1, "sent": 2}
    made.recipients.update(retry_at=Now())
    run(made)
    assert (numbers(made), sorted(server.recipients)) == ({"sent": 3}, sorted(set(server.recipients)))


@pytest.mark.parametrize("how", [DROP, SILENCE, TRICKLE])
def test_a_connection_lost_after_the_final_dot_is_uncertain_and_never_sent_again_by_itself(mail_server, how):
    lost = iter([how])
    server = mail_server(dot=lambda address: next(lost, ""))
    made = of_three()

    run(made)
    run(made)

    assert numbers(made) == {"sent": 2, "uncertain": 1}
    assert len(server.accepted) == 2
    assert fresh(made).state == "sent"


def test_a_server_that_hangs_up_on_everybody_is_left_alone_for_a_while(mail_server):
    mail_server(rcpt=DROP)
    made = of_three()

    assert run(made).in_trouble

    assert numbers(made) == {"waiting": 3}


def test_the_link_in_every_message_is_stored(mail_server):
    server = mail_server()
    made = of_three()

    run(made)

    tokens = [
        message["List-Unsubscribe"].removeprefix("<").removesuffix("/>").rpartition("/")[2]
        for message in server.messages()
    ]
    assert [links.read(token).person.address for token in tokens] == server.recipients


def test_a_claim_is_one_at_first_and_then_half_a_seconds_work(mail_server):
    server = mail_server(delay=0.1)
    agree(*persons(12))
    made = started()

    run(made)

    sizes = claims(made)
    assert sizes[0] == 1
    assert max(sizes) <= 5
    assert len(server.accepted) == 12


def test_a_fast_server_gets_twenty_at_a_time_and_no_more(mail_server):
    mail_server()
    agree(*persons(100))
    made = started()

    run(made)

    assert max(claims(made)) == LARGEST


def test_what_was_not_begun_in_time_goes_back_and_is_asked_again(mail_server, monkeypatch):
    server = mail_server(delay=0.06)
    monkeypatch.setattr(delivery, "STALE", 0.1)
    made = of_three()
    sending = delivery.Run(made, delivery.compose(made), delivery.Connection.open())
    sending.size = 3
    last = made.recipients.last().person
    claim = sending.claimer.claim(3)

    sending._work_off(claim, delivery.time.monotonic())

    assert numbers(made) == {"sent": 2, "waiting": 1}
    withdraw(last)
    sending.server.close()
    run(made)
    assert (numbers(made), len(server.accepted)) == ({"sent": 2, "held_back": 1}, 2)


def test_a_run_stops_between_two_claims_when_told(mail_server):
    server = mail_server()
    agree(*persons(50))
    made = started()

    rest = deliver(made, seconds=20, stopped=lambda: len(server.accepted) >= 10)

    assert rest.wait == 0
    assert numbers(made) == {"sent": len(server.accepted), "waiting": 50 - len(server.accepted)}
    assert 10 <= len(server.accepted) < 50
