import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailings.diagnosis import Bounce
from mailings.incoming import LARGEST, read
from mailings.models import Report
from tests.mailings.returning import arf, dsn, plain

ONE, TWO, THREE = "a" * 32, "b" * 32, "c" * 32
BOUNCE, COMPLAINT, OPT_OUT, OTHER = Report.Kind


def test_a_bounce_tells_class_words_address_and_identity():
    told = read(dsn())

    assert (told.kind, told.bounce, told.words) == (BOUNCE, Bounce.NO_SUCH_ADDRESS, "550 5.1.1 user unknown")
    assert (told.address, told.keys) == ("kari@example.com", ())
    assert (told.id, read(dsn() + b"again").id, read(dsn(id="2")).id == told.id) == (told.id, told.id, False)


def test_the_return_path_is_surer_than_the_envelope_and_that_than_the_returned_headers():
    raw = dsn(to=f"b+{ONE}@x.example", envelope=f"Original-Envelope-Id: {TWO}\n", returned=f"{THREE}@shop.example")

    assert read(raw).keys == (ONE, TWO, THREE)
    assert read(raw, to=f"B+{THREE.upper()}@x.example").keys == (THREE, ONE, TWO)


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_what_did_not_fail_is_nothing(action):
    assert read(dsn(action=action, status="4.4.7")).kind is None


def test_what_failed_after_many_tries_is_a_bounce_of_the_system():
    assert read(dsn(status="4.4.7", words="delivery time expired")).bounce == Bounce.SYSTEM


@pytest.mark.parametrize(
    "headers",
    [{"Auto-Submitted": "auto-replied (vacation)"}, {"X-Autoreply": "yes"}, {"X-Auto-Response-Suppress": "All"}],
)
def test_somebody_who_is_away_is_nothing(headers):
    assert read(plain("I am away until Monday. No such user.", **headers)).kind is None


@pytest.mark.parametrize(
    ("feedback", "kind"), [("abuse", COMPLAINT), ("fraud", COMPLAINT), ("opt-out", OPT_OUT), ("not-spam", OTHER)]
)
def test_complaints_and_opt_outs(feedback, kind):
    told = read(arf(feedback=feedback, mail_from=f"b+{ONE}@x.example", returned=f"{TWO}@shop.example"))

    assert (told.kind, told.keys) == (kind, (ONE, TWO))


def test_a_bounce_in_words_alone_is_classed_by_its_words():
    told = read(plain("Sorry, no such user here.", To=f"b+{ONE}@x.example"))

    assert (told.kind, told.bounce, told.keys) == (BOUNCE, Bounce.NO_SUCH_ADDRESS, (ONE,))


def test_a_letter_of_a_person_is_no_bounce_and_its_words_are_not_kept():
    told = read(plain("There is no such user, I think.", From="Ola <ola@example.com>", To=f"b+{ONE}@x.example"))

    assert (told.kind, told.keys, told.words) == (OTHER, (), "")


TOKEN = "Aa0_-" * 6 + "zZ"


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({}, OPT_OUT),
        ({"To": "elsewhere@example.com", "X-Original-To": f"u+{TOKEN}@bounces.shop.example"}, OPT_OUT),
        ({"Auto-Submitted": "auto-generated"}, OPT_OUT),  # the mail program does it for the person
        ({"Auto-Submitted": "auto-replied"}, None),
        ({"Precedence": "bulk"}, None),
        ({"List-Id": "<news.example.com>"}, None),
        ({"Return-Path": "<>"}, None),
        ({"From": "MAILER-DAEMON@mx.example.net"}, None),
    ],
)
def test_mail_to_the_address_of_list_unsubscribe_leaves_unless_a_program_answers(headers, kind):
    given = {"From": "Kari <kari@example.com>", "To": f"u+{TOKEN}@bounces.shop.example", "Subject": "unsubscribe"}

    told = read(plain("", **(given | headers)))

    assert (told.kind, told.words) == (kind, "")
    assert kind is None or told.token == TOKEN


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\x00\xfe",
        b"Message-ID: <\xff\x00>\n\nx",
        b"Content-Type: multipart/report; boundary=b\n\n--b\n" * 300,
        b"Content-Type: message/rfc822\n\n" * 3000,
        b"Content-Type: message/delivery-status\n\nAction: failed",
        dsn() + b"x" * (LARGEST + 1),
    ],
    ids=["empty", "bytes", "bad id", "many parts", "deep", "no fields", "large"],
)
def test_nothing_that_strangers_write_makes_it_fail(raw):
    told = read(raw)

    assert len(told.id) <= 300
    assert "\x00" not in told.id + told.words


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail(noise):
    read(dsn().replace(b"Content-Type", noise + b"Content-Type", 2))
