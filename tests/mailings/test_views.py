"""The list of mailings, a new one, and the step Setup: who may, what is saved, where a refusal lands."""

import pytest
from django.db.models.functions import Now
from django.urls import reverse

from consent_crm.models import User
from mailings.models import Mailing, Recipient, SendingSettings
from persons import lists
from persons.models import LinkToken
from purposes.models import SubscriptionType
from tests.factories import UserFactory
from tests.mailings.making import agree, mailing, persons, started

pytestmark = pytest.mark.django_db

LIST = reverse("mailings:list")
SETUP = {"name": "News", "subject": "Hello", "preheader": "", "from_email": "", "reply_to": "", "language": "en"}


@pytest.fixture
def marketer(client):
    user = UserFactory(role="Marketer")
    client.force_login(user)
    return user


def setup_of(made):
    return reverse("mailings:setup", args=[made.pk])


def rows_of(response):
    return response.context["rows"]


def names(response):
    return [made.name for made, _numbers in rows_of(response)]


def test_the_list_says_how_many_are_in_it_got_it_and_left_by_it(client, marketer):
    agree(*persons(2)[:1])
    recipient = started(name="October").recipients.waiting().get()
    link = LinkToken.objects.create(token_hash=b"1" * 32, person=recipient.person, left_at=Now())
    Recipient.objects.filter(pk=recipient.pk).update(state="sent", link=link, claim=1, claimed_at=Now())
    mailing(name="November")

    response = client.get(LIST)

    rows = [
        (made.name, *(numbers.get(name) for name in ("audience", "sent", "left")))
        for made, numbers in rows_of(response)
    ]
    assert rows == [("November", None, None, None), ("October", 2, 1, 1)]
    for asked, number in {"": 2, "?state=sent": 1, "?state=left": 1}.items():
        address = reverse("mailings:audience", args=[recipient.mailing_id]) + asked
        assert f'<a href="{address}">{number}</a>' in response.text
        assert len(client.get(address).context["rows"]) == number


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "octo"}, ["October"]),
        ({"q": "sale"}, ["November"]),
        ({"status": "draft"}, ["November"]),
        ({"type": "NEWS"}, ["October"]),
        ({"type": "UNHEARD_OF"}, []),
    ],
)
def test_the_list_is_narrowed(client, marketer, asked, found):
    mailing(name="October", state="sent")
    mailing(name="November", type_id="PROMOTIONS", subject="A sale")

    assert names(client.get(LIST, asked)) == found


def test_the_list_goes_on_from_page_to_page_with_the_newest_first(client, marketer, monkeypatch):
    monkeypatch.setattr(lists, "PAGE_SIZE", 2)
    for name in ("one", "two", "three"):
        mailing(name=name)

    first = client.get(LIST)
    second = client.get(first.context["next_url"])

    assert (names(first), names(second)) == (["three", "two"], ["one"])
    assert names(client.get(second.context["previous_url"])) == ["three", "two"]


def test_the_list_takes_the_same_number_of_queries_however_long_it_is(client, marketer, django_assert_num_queries):
    for count in (1, 2):
        for _ in range(count):
            mailing()
        with django_assert_num_queries(8):
            client.get(LIST)


def test_a_new_mailing_leads_to_its_setup(client, marketer):
    User.objects.update(language="nb")
    response = client.post(reverse("mailings:new"), {"name": "News", "type": "NEWS"}, follow=True)

    made = Mailing.objects.get()
    assert response.redirect_chain[-1][0] == setup_of(made)
    assert (made.state, made.created_by, made.language) == ("draft", marketer, "nb")


def test_what_has_been_started_opens_on_its_way(client, marketer):
    agree(*persons(1))

    assert client.get(started().get_absolute_url()).url.endswith("/send/")


def test_setup_is_saved_and_leads_on_when_asked_to(client, marketer):
    made = mailing()

    saved = client.post(setup_of(made), SETUP | {"type": "PROMOTIONS"})
    led_on = client.post(setup_of(made), SETUP | {"type": "PROMOTIONS", "next": "1"})

    made.refresh_from_db()
    assert (made.subject, made.type_id, made.body) == ("Hello", "PROMOTIONS", "<p>Hello {{ first_name }}</p>")
    assert (saved.url, led_on.url) == (setup_of(made), reverse("mailings:content", args=[made.pk]))


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("subject", "Hello\r\nBcc: victim@example.com", "This must be a single line."),
        ("subject", "Hello {{ frist_name }}", "There is no merge field “frist_name” (line 1, column 7)."),
        ("subject", "", "This field is required."),
        ("from_email", "a@b.example, victim@d.example", "Give exactly one e-mail address"),
        ("from_email", "me@elsewhere.example", "Mailings may not be sent from me@elsewhere.example."),
        ("reply_to", "nobody", "Give exactly one e-mail address"),
        ("reply_to", "me@elsewhere.example", "Answers may not go to me@elsewhere.example."),
    ],
)
def test_what_cannot_be_sent_is_refused_at_its_field(client, marketer, field, value, sentence):
    SendingSettings.objects.update(allowed_senders="shop.example", allowed_reply_to="shop.example")
    made = mailing()

    response = client.post(setup_of(made), SETUP | {field: value})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert sentence in response.context["form"].errors[field][0]
    assert Mailing.objects.get().subject == "News"


def test_another_type_makes_the_list_of_recipients_stale(client, marketer):
    made = mailing()
    Mailing.objects.update(built_at=made.created_at)

    client.post(setup_of(made), SETUP | {"type": "NEWS"})
    assert Mailing.objects.get().built_at
    client.post(setup_of(made), SETUP | {"type": "PROMOTIONS"})
    assert Mailing.objects.get().built_at is None


def test_an_inactive_type_is_offered_only_where_it_is_set(client, marketer):
    SubscriptionType.objects.filter(pk="NEWS").update(is_active=False)
    types = [client.get(setup_of(mailing(type_id=type_))).context["form"].fields["type"] for type_ in ("NEWS", None)]

    assert [type_.queryset.filter(pk="NEWS").exists() for type_ in types] == [True, False]


def test_what_is_being_sent_cannot_be_changed(client, marketer):
    agree(*persons(1))
    made = started()

    response = client.post(setup_of(made), SETUP, follow=True)

    assert "The mailing can no longer be changed; its status is: Sending." in response.text
    assert "<button>Save</button>" not in response.text
    assert Mailing.objects.values_list("subject", "state").get() == ("News", "sending")


SERVICE = SETUP | {"kind": "service", "purpose": "STORE", "service_reason": "The terms of delivery change."}


def test_a_service_mailing_takes_a_right_of_its_own(client, marketer):
    made = mailing()

    client.post(setup_of(made), SERVICE)

    assert Mailing.objects.get().kind == "marketing"


@pytest.mark.parametrize(
    ("field", "value"), [("purpose", ""), ("purpose", "EMARKETING"), ("service_reason", "Because")]
)
def test_a_service_mailing_says_its_purpose_and_why(client, field, value):
    client.force_login(UserFactory(role="Marketer", rights=["mailings.send_service"]))
    made = mailing()

    refused = client.post(setup_of(made), SERVICE | {field: value})
    client.post(setup_of(made), SERVICE)

    assert list(refused.context["form"].errors) == [field]
    assert Mailing.objects.values_list("kind", "purpose", "type").get() == ("service", "STORE", None)
    client.post(setup_of(made), SERVICE | {"kind": "marketing", "type": "NEWS"})
    assert Mailing.objects.values_list("kind", "purpose", "service_reason").get() == ("marketing", None, "")


def test_a_reader_sees_and_changes_nothing(client):
    client.force_login(UserFactory(role="Reader"))
    made = mailing()

    page = client.get(setup_of(made))

    assert page.status_code == 200
    assert all(field.disabled for field in page.context["form"].fields.values())
    assert client.post(setup_of(made), SETUP).status_code == 403


# ---- two at once


def opened(client, made):
    """What the page of Setup sends back if nothing is touched."""
    form = client.get(setup_of(made)).context["form"]
    return {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}


def test_who_saves_setup_second_is_told_what_changed_and_loses_nothing(client, marketer):
    made = mailing()
    typed = opened(client, made) | {"subject": "We move"}
    client.force_login(UserFactory(role="Marketer", first_name="Ola", last_name="Lie"))
    client.post(setup_of(made), opened(client, made) | {"preheader": "Soon", "subject": "We close"})
    client.force_login(marketer)

    autosave = client.post(setup_of(made), typed, headers={"HX-Request": "true", "HX-Target": "autosave"})
    refused = client.post(setup_of(made), typed)

    form = refused.context["form"]
    (told,) = form.non_field_errors()
    assert told.startswith("Ola Lie saved this page on ")
    assert "Subject is now “We close”; Preheader is now “Soon”" in told
    assert (form["subject"].value(), form["preheader"].value()) == ("We move", "Soon")
    (said,) = autosave.context["form"].non_field_errors()
    assert said == f"{told} To look at both, press Save."
    assert autosave.context["form"]["opened_with"].value() == typed["opened_with"]
    assert (autosave.status_code, refused.status_code, Mailing.objects.get().subject) == (422, 422, "We close")

    again = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    assert client.post(setup_of(made), again).status_code == 302
    assert Mailing.objects.values_list("subject", "preheader").get() == ("We move", "Soon")


def test_the_same_page_saved_twice_is_nobody_elses_doing(client, marketer):
    made = mailing()
    typed = opened(client, made) | {"subject": "We move"}

    assert [client.post(setup_of(made), typed).status_code for _ in range(2)] == [302, 302]
