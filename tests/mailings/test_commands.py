import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from mailings.models import Mailing, SendingSettings
from persons.models import Selection
from purposes.models import SubscriptionType
from tests.mailings.making import agree, mailing, persons, started

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def company(db):
    SendingSettings.objects.update(postal_address="Storgata 1, 0155 Oslo")


def say(*words):
    out = StringIO()
    call_command("mailing", *map(str, words), stdout=out)
    return out.getvalue()


def refused(*words):
    with pytest.raises(CommandError) as refusal:
        say(*words)
    return refusal.value.returncode, str(refusal.value)


@pytest.fixture
def body(tmp_path):
    file = tmp_path / "body.html"
    file.write_text("<p>Hei {{ first_name }}, blåbær</p>", encoding="utf-8")
    return file


def create(body, *words):
    return ("create", "--name", "October", "--subject", "News", "--body", body, *words)


def test_from_nothing_to_a_started_mailing(body):
    agree(*persons(3)[:2])

    number = int(say(*create(body, "--type", "NEWS", "--all")))
    built = json.loads(say("build", number, "--json"))
    sent = json.loads(say("send", "October", "--json"))
    status = json.loads(say("status", "October", "--json"))

    assert built["states"] == {"waiting": 2, "held_back": 1}
    assert (sent["waiting"], sent["workers"]) == (2, 0)
    assert {key: status[key] for key in ("total", "states", "codes")} == {
        "total": 3,
        "states": {"waiting": 2, "held_back": 1},
        "codes": {"consent": 2, "no_consent": 1},
    }


def test_create_prints_the_number_alone_or_as_json(body):
    first = say(*create(body, "--all"))
    second = json.loads(say(*create(body, "--all", "--json")))

    assert first == f"{Mailing.objects.earliest('id').pk}\n"
    assert second == {"id": Mailing.objects.latest("id").pk, "name": "October"}


def test_selections_are_the_source(body):
    one, two, _ = persons(3)
    for name, member in (("Oslo", one), ("Bergen", two)):
        Selection.objects.create(name=name).members.add(member)

    number = int(say(*create(body, "--selection", "Oslo", "--selection", "Bergen")))
    say("build", number)

    assert set(Mailing.objects.get().recipients.values_list("person", flat=True)) == {one.pk, two.pk}


def test_the_table_has_every_number():
    agree(*persons(3)[:2])

    text = say("status", started().pk)

    assert "October news: Sending" in text
    for line in ("Recipients", "Waiting", "Held back", "E-marketing is ON (consent)", "No consent (no_consent)"):
        assert line in text


def test_sending_says_when_nobody_is_there_to_do_it(body):
    agree(*persons(1))
    say(*create(body, "--all"))
    say("build", "October")

    assert say("send", "October") == (
        "October is being sent to 1 person. No worker is running: start one with ./crm manage worker.\n"
    )


def test_a_paused_mailing_shows_the_servers_words():
    Mailing.objects.filter(pk=mailing().pk).update(state="paused", pause_reason="535 5.7.8 [wrong] password")

    assert "The mail server says: 535 5.7.8 [wrong] password" in say("status", "October news")


@pytest.mark.parametrize("action", ["build", "send", "status"])
def test_an_unknown_mailing_is_wrong_use(action):
    assert refused(action, "99") == (2, "There is no mailing 99.")


def test_a_name_that_several_have_is_wrong_use():
    mailing(), mailing()

    assert refused("status", "October news")[0] == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--all", "--type", "WINE"], "There is no subscription type WINE; there are"),
        (["--selection", "Oslo"], "There is no selection Oslo."),
    ],
)
def test_a_name_that_nothing_has_is_wrong_use(body, words, sentence):
    code, text = refused(*create(body, *words))

    assert code == 2
    assert text.startswith(sentence)


def test_a_body_that_cannot_be_read_is_wrong_use(tmp_path):
    (tmp_path / "latin").write_bytes(b"\xe5")

    assert refused(*create(tmp_path / "nothing", "--all"))[0] == 2
    assert refused(*create(tmp_path / "latin", "--all")) == (2, f"{tmp_path / 'latin'} is not a text in UTF-8.")


def test_an_unknown_merge_field_is_refused_with_its_place(body):
    body.write_text("<p>\n  {{ frist_name }}</p>")

    code, text = refused(*create(body, "--all"))

    assert code == 1
    assert "There is no merge field “frist_name” (line 2, column 3)." in text
    assert not Mailing.objects.exists()


def test_what_the_rules_refuse_ends_with_one():
    made = mailing()
    assert refused("send", made.pk) == (1, "Nobody would receive it: the list has no recipients to send to.")
    agree(*persons(1))
    SubscriptionType.objects.filter(pk="NEWS").update(is_active=False)
    SendingSettings.objects.update(postal_address="", allowed_senders="elsewhere.example")
    assert refused("send", made.pk) == (
        1,
        "Mailings may not be sent from Shop <news@shop.example>. The subscription type News is inactive. The company's"
        " postal address is missing; an administrator gives it under Settings.",
    )
    SubscriptionType.objects.filter(pk="NEWS").update(is_active=True)
    SendingSettings.objects.update(postal_address="Storgata 1, Oslo", allowed_senders="")
    say("send", made.pk)  # decides again, so that whoever agreed meanwhile is in it
    assert refused("send", made.pk) == (1, "The mailing has been started already; its status is: Sending.")
    assert refused("build", made.pk)[0] == 1


def test_a_worker_without_a_connection_is_wrong_use():
    with pytest.raises(CommandError) as refusal:
        call_command("worker", "--concurrency", "0")

    assert refusal.value.returncode == 2
