"""Caught mail: there in the trial only, and nothing in a message gets at the page around it."""

import pytest
from django.urls import reverse

from consent_crm import caught
from tests.caught import NAME, catch
from tests.factories import PersonFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def trial(settings, tmp_path):
    settings.TRIAL = True
    settings.CAUGHT_MAIL = tmp_path / "mail"
    return settings


@pytest.fixture
def reader(client, trial):
    client.force_login(UserFactory())
    return client


@pytest.fixture
def message(trial, tmp_path):
    catch(trial, tmp_path / "mail", PersonFactory.create(first_name="Åse <b>", email="ase@example.com"))
    return caught.read(NAME)


@pytest.mark.parametrize("route", ["message", "body"])
def test_a_message_is_there_for_whoever_is_signed_in(reader, message, route):
    assert "Åse" in reader.get(reverse(f"caught:{route}", args=[NAME])).text


@pytest.mark.parametrize(
    ("route", "method"), [("list", "get"), ("message", "get"), ("body", "get"), ("one_click", "post")]
)
def test_outside_the_trial_there_is_no_such_page(reader, message, settings, route, method):
    settings.TRIAL = False

    response = getattr(reader, method)(reverse(f"caught:{route}", args=[] if route == "list" else [NAME]))

    assert response.status_code == 404


def test_the_place_is_offered_in_the_trial_only(reader, settings):
    assert "Caught mail" in reader.get("/").text
    settings.TRIAL = False
    assert "Caught mail" not in reader.get("/").text


@pytest.mark.parametrize("name", ["20260301T093000.000000-ffffffff", "..", "%2e%2e%2fsecrets.json", "secrets"])
def test_only_messages_are_read(reader, message, name):
    assert reader.get(f"/caught/{name}/").status_code == 404
    with pytest.raises(caught.NoSuchMessage):
        caught.read(f"../mail/{NAME}")


def test_the_newest_stand_first_a_page_at_a_time(reader, message, settings):
    for number in range(60):
        source = settings.CAUGHT_MAIL / f"{NAME}.eml"
        (settings.CAUGHT_MAIL / f"20260302T0930{number:02}.000000-0123abcd.eml").write_bytes(source.read_bytes())

    response = reader.get(reverse("caught:list"))

    assert (response.text.count("<time"), response.context["next_url"]) == (50, "?page=2")
    assert caught.names()[0] == "20260302T093059.000000-0123abcd"
    assert reader.get(reverse("caught:list"), {"page": "2"}).text.count("<time") == 11


def test_without_messages_the_page_says_where_they_come_from(reader):
    assert "No message has been caught yet." in reader.get(reverse("caught:list")).text


def test_a_message_is_read_with_what_it_says_about_itself(message):
    assert (message.recipient, message.subject) == ("ase@example.com", "News for Åse <b>")
    assert "Hello Åse <b>," in message.text
    assert dict(message.headers)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"{message.at:%Y-%m-%d %H:%M %Z}" == "2026-03-01 09:30 UTC"


def test_the_headers_are_shown(reader, message):
    text = reader.get(reverse("caught:message", args=[NAME]), {"as": "headers"}).text

    assert "List-Unsubscribe-Post" in text
    assert "&lt;http://localhost/u/" in text


def test_the_body_comes_with_a_policy_of_its_own(reader, message):
    response = reader.get(reverse("caught:body", args=[NAME]))
    policy = dict(part.strip().partition(" ")[::2] for part in response.headers["Content-Security-Policy"].split(";"))

    assert policy["sandbox"] == "allow-popups allow-popups-to-escape-sandbox"
    assert policy["default-src"] == "'none'"
    assert "script-src" not in policy
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_no_other_page_lets_anything_inline_in(reader, message):
    for route, arguments in [("caught:list", []), ("caught:message", [NAME])]:
        assert "unsafe" not in reader.get(reverse(route, args=arguments)).headers["Content-Security-Policy"]


def test_what_could_run_in_a_message_is_taken_out(reader, trial):
    trial.CAUGHT_MAIL.mkdir()
    html = b'<p onclick="x()">Hello</p><script>alert(1)</script><a href="javascript:x()">y</a>'
    (trial.CAUGHT_MAIL / f"{NAME}.eml").write_bytes(b"Content-Type: text/html\r\n\r\n" + html)

    text = reader.get(reverse("caught:body", args=[NAME])).text

    assert "<p>Hello</p>" in text
    assert ("onclick" in text, "script" in text) == (False, False)


def test_a_message_without_html_is_shown_as_text(reader, trial):
    trial.CAUGHT_MAIL.mkdir()
    (trial.CAUGHT_MAIL / f"{NAME}.eml").write_bytes(b"To: a@example.com\r\n\r\nSee https://www.example.com/ there")

    response = reader.get(reverse("caught:message", args=[NAME]))

    assert 'See <a href="https://www.example.com/"' in response.text
    assert [tab["label"] for tab in response.context["tabs"]] == ["As text", "Headers"]


def test_one_click_goes_nowhere_but_to_this_site(reader, message, settings):
    settings.SITE_URL = "http://localhost:1"

    response = reader.post(reverse("caught:one_click", args=[NAME]), follow=True)

    assert "does not lead to this site: nothing was sent." in response.text


def test_where_nobody_answers_the_page_says_so(reader, trial, tmp_path):
    trial.SITE_URL = "http://localhost:1"
    catch(trial, tmp_path / "mail", PersonFactory.create())

    response = reader.post(reverse("caught:one_click", args=[NAME]), follow=True)

    assert "Nobody answered at the link of this message" in response.text


def test_a_message_without_the_header_has_no_button(reader, trial, tmp_path):
    catch(trial, tmp_path / "mail", PersonFactory.create(), one_click=False)

    assert "with one click" not in reader.get(reverse("caught:message", args=[NAME])).text
