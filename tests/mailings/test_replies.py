import pytest

from mailings.diagnosis import Bounce
from mailings.replies import Meaning, bounce, meaning
from mailings.smtp import Phase, Reply, Undelivered


def meant(phase, code, text=""):
    return meaning(Undelivered(phase, Reply(code, text)))


@pytest.mark.parametrize("phase", [Phase.CONNECT, Phase.SIGN_IN, Phase.SENDER, Phase.RECIPIENT, Phase.DATA])
def test_a_connection_lost_before_the_final_dot_is_tried_again(phase):
    assert meaning(Undelivered(phase, None)) == Meaning.RETRY


def test_a_connection_lost_after_the_final_dot_is_uncertain():
    assert meaning(Undelivered(Phase.DOT, None)) == Meaning.UNCERTAIN


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize(("code", "text"), [(421, "4.7.0 closing"), (451, "4.7.1 greylisted"), (452, "4.2.2 full")])
def test_a_temporary_refusal_is_tried_again_wherever_it_comes(phase, code, text):
    assert meant(phase, code, text) == Meaning.RETRY


@pytest.mark.parametrize(
    ("phase", "code", "text"),
    [
        (Phase.CONNECT, 554, "no service for you"),
        (Phase.SIGN_IN, 535, "5.7.8 authentication failed"),
        (Phase.SIGN_IN, 502, "STARTTLS extension not supported by server."),
        (Phase.SENDER, 550, "5.1.0 sender rejected"),
        (Phase.SENDER, 553, "sorry"),
        (Phase.RECIPIENT, 550, "5.7.1 relaying denied"),
        (Phase.RECIPIENT, 554, "5.7.26 unauthenticated"),
        (Phase.RECIPIENT, 553, "5.1.8 sender's domain does not exist"),
        (Phase.RECIPIENT, 550, "blocked using spamhaus, user unknown"),
        (Phase.RECIPIENT, 554, "relay access denied"),
        (Phase.DOT, 550, "5.7.515 access denied"),
    ],
)
def test_what_is_about_us_pauses_the_mailing(phase, code, text):
    assert meant(phase, code, text) == Meaning.OURS


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (550, "5.1.1 user unknown"),
        (550, "5.1.2 bad domain"),
        (553, "5.1.3 bad syntax"),
        (551, "5.1.6 moved"),
        (556, "5.1.10 null MX"),
        (550, "No such user here"),
        (550, "The email account that you tried to reach does not exist."),
        (550, "unknown user"),
        (553, "mailbox not found"),
    ],
)
def test_no_such_address(code, text):
    refusal = Undelivered(Phase.RECIPIENT, Reply(code, text))

    assert (meaning(refusal), bounce(refusal)) == (Meaning.FAILED, Bounce.NO_SUCH_ADDRESS)


@pytest.mark.parametrize(
    ("phase", "code", "text"),
    [
        (Phase.RECIPIENT, 550, "5.2.1 mailbox disabled"),
        (Phase.RECIPIENT, 552, "5.2.2 mailbox full"),
        (Phase.RECIPIENT, 550, "5.1.11 no such code"),
        (Phase.RECIPIENT, 550, ""),
        (Phase.RECIPIENT, 550, "mailbox unavailable"),
        (Phase.RECIPIENT, 554, "no such user"),
        (Phase.DOT, 550, "5.1.1 user unknown"),
        (Phase.DATA, 554, "no valid recipients"),
        (Phase.DOT, 552, "5.3.4 message too big"),
        (Phase.DOT, 554, "5.6.0 bad content"),
    ],
)
def test_any_other_refusal_says_nothing_about_the_address(phase, code, text):
    refusal = Undelivered(phase, Reply(code, text))

    assert meaning(refusal) == Meaning.FAILED
    assert bounce(refusal) != Bounce.NO_SUCH_ADDRESS


@pytest.mark.parametrize(("phase", "expected"), [(Phase.DOT, Meaning.UNCERTAIN), (Phase.RECIPIENT, Meaning.RETRY)])
def test_an_answer_that_smtp_does_not_know_is_no_answer(phase, expected):
    assert meant(phase, 354, "eh") == expected
