import base64
import email
import email.policy
import re
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError

from mailings.composing import Addressee, compose
from mailings.merge_fields import FIELDS
from mailings.models import Mailing, SendingSettings
from purposes.models import Purpose, SubscriptionType

KEY = UUID("b477d720-6d6c-463e-a4ad-4f6f181b60e4")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def site(settings):
    settings.SITE_URL, settings.BOUNCE_DOMAIN = "https://crm.shop.example", "bounces.shop.example"


def mailing(**facts):
    facts = {"pk": 7, "subject": "News", "body": "<p>Hello {{ first_name }}</p>", "type_id": "NEWS"} | facts
    return Mailing(from_email="Shop <news@shop.example>", **facts)


def raw(made, *, code="consent", rests_on_consent=True, one_click=True, address="kari@example.com", **values):
    values = dict.fromkeys(FIELDS, "") | values
    return compose(made).to(Addressee(address, KEY, "token_of-32", code, rests_on_consent, one_click, values))


def message(made, **facts):
    return email.message_from_bytes(raw(made, **facts), policy=email.policy.default)


def text(message):
    return message.get_body(("plain",)).get_content().replace("\r\n", "\n")


def html(message):
    return message.get_body(("html",)).get_content()


def test_every_header_is_there_once():
    sent = message(mailing(reply_to="Help <help@shop.example>"))

    headers = {name: value for name, value in sent.items() if name not in ("Date", "Content-Type")}
    assert len(headers) + 2 == len(sent.items())
    assert headers == {
        "From": "Shop <news@shop.example>",
        "Reply-To": "Help <help@shop.example>",
        "To": "kari@example.com",
        "Subject": "News",
        "Message-ID": "<b477d7206d6c463ea4ad4f6f181b60e4@shop.example>",
        "List-Id": "<news.bounces.shop.example>",
        "List-Unsubscribe": "<https://crm.shop.example/u/token_of-32/>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Feedback-ID": "7:emarketing:news:consentcrm",
        "MIME-Version": "1.0",
    }
    assert sent["Date"].datetime.utcoffset().total_seconds() == 0
    assert sent.get_content_type() == "multipart/alternative"


@pytest.mark.parametrize(
    ("mailbox", "address"),
    [("", "u+token_of-32@bounces.shop.example"), ("back@x.example", "back+token_of-32@x.example")],
)
def test_where_mail_is_read_there_is_a_way_to_leave_by_mail_too(settings, mailbox, address):
    settings.BOUNCES_ARE_READ = not mailbox
    SendingSettings.objects.update(bounce_mailbox=mailbox)

    by_https = "<https://crm.shop.example/u/token_of-32/>"
    assert message(mailing())["List-Unsubscribe"] == f"{by_https}, <mailto:{address}?subject=unsubscribe>"


def test_the_one_click_header_is_byte_for_byte_as_the_standard_has_it():
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw(mailing())


def test_lines_end_in_crlf_and_are_short_and_ascii_and_begin_with_no_dot():
    made = mailing(subject="Høst 🎉 {{ first_name }}", body="<p>.ø\n.\n</p>" + "<p>ø</p>" * 400)

    lines = raw(made, first_name="Åse").split(b"\r\n")

    assert lines[-1] == b""
    assert all(line.isascii() and len(line) <= 998 and not line.startswith(b".") for line in lines)
    assert not any(b"\n" in line or b"\r" in line for line in lines)


def test_both_parts_say_the_same_why_it_came_and_where_to_leave():
    sent = message(mailing(), first_name="Åse")

    for part in (text(sent), html(sent)):
        assert "Hello Åse" in part
        assert "You receive this because you agreed to e-mail marketing from us." in part
        assert "https://crm.shop.example/u/token_of-32/" in part


@pytest.mark.parametrize(
    ("code", "rests_on_consent", "because"),
    [
        ("consent", True, "you agreed to e-mail marketing from us."),
        ("consent", False, "you are a customer of ours."),
        ("subscription", True, "you subscribe to News."),
        ("not_filtered", False, "we have been in contact with you."),
        ("override", False, "we have been in contact with you."),
    ],
)
def test_the_line_at_the_end_says_what_let_the_person_in(code, rests_on_consent, because):
    sent = message(mailing(), code=code, rests_on_consent=rests_on_consent)

    assert f"You receive this because {because}" in text(sent)


def test_it_speaks_the_language_of_the_mailing():
    assert '<html lang="nb">' in html(message(mailing(language="nb")))


NAMES = [
    "=cmd|x",
    "<b>Bob</b>",
    "Kari\r\nBcc: victim@example.com",
    "שלום",
    "🎉",
    "a@b.c, victim@d.e",
    '"a@b.c, victim@d.e" <x@y.z>',
    "{{ city }}",
    "&amp;",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_a_name_wherever_it_stands(name):
    sent = message(mailing(subject="Dear {{ first_name }}"), first_name=name, city="Oslo")

    shown = " ".join(name.split())
    assert sent["Subject"] == f"Dear {shown}"
    assert f"Hello {shown}" in text(sent)
    assert "<b>" not in html(sent)
    assert sent["To"] == "kari@example.com"
    assert sent["Bcc"] is None
    assert not sent.defects


def test_a_subject_never_becomes_a_second_header():
    assert message(mailing(subject="News\r\nBcc: victim@example.com"))["Bcc"] is None


def test_an_address_that_is_two_is_not_written_to():
    with pytest.raises(ValueError, match="plain ASCII"):
        raw(mailing(), address="a@b.example, victim@d.example")


def test_a_message_without_one_click_has_neither_header():
    sent = message(mailing(), one_click=False)

    assert sent["List-Unsubscribe"] is None
    assert sent["List-Unsubscribe-Post"] is None


def test_a_service_mailing_says_so_and_is_no_list():
    made = mailing(kind="service", type_id=None, purpose=Purpose(key="STORE", name="Sales and service"))

    sent = message(made, code="consent", rests_on_consent=False)

    assert sent["List-Id"] is None
    assert "You receive this because of what we do for you: Sales and service." in text(sent)


def test_a_mailing_without_a_type_has_the_list_of_e_marketing():
    sent = message(mailing(type_id=None), code="subscription")

    assert sent["List-Id"] == "<emarketing.bounces.shop.example>"
    assert "because you subscribe to our mailings." in text(sent)


def test_the_preheader_comes_first_and_is_not_hidden():
    sent = message(mailing(preheader="For {{ city }} only"), city="Oslo & Bergen")

    assert text(sent).startswith("For Oslo & Bergen only\n\nHello")
    assert "For Oslo &amp; Bergen only" in html(sent)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"body": "<p>{{ nobody }}</p>"}, "unknown_field"),
        ({"subject": "{{ nobody }}"}, "unknown_field"),
        ({"body": "<script>x</script>"}, "empty"),
    ],
)
def test_what_cannot_be_sent_is_refused(facts, code):
    with pytest.raises(ValidationError) as refused:
        compose(mailing(**facts))

    assert refused.value.code == code


def test_saving_through_a_form_refuses_what_composing_would():
    made = Mailing(name="x", subject="{{ a }}", preheader="{{ b }}", body="{{ c }}", from_email="a@b.c, d@e.f")

    with pytest.raises(ValidationError) as refused:
        made.full_clean()

    assert set(refused.value.error_dict) == {"subject", "preheader", "body", "from_email"}


def test_the_parts_are_whole_in_base64():
    sent = raw(mailing(), first_name="Åse")

    parts = re.findall(rb"base64\r\n\r\n(.*?)\r\n--", sent, re.DOTALL)

    assert len(parts) == 2
    assert all(b"\r\n" in base64.b64decode(part, validate=False) for part in parts)
    assert all(b"\n" not in base64.b64decode(part).replace(b"\r\n", b"") for part in parts)


def test_the_type_has_its_own_name_in_the_reason():
    SubscriptionType.objects.create(key="WINE", name="Wine & cheese")

    sent = message(mailing(type_id="WINE"), code="subscription")

    assert "you subscribe to Wine & cheese." in text(sent)
    assert "you subscribe to Wine &amp; cheese." in html(sent)


def test_a_mailing_that_asks_again_has_a_yes_and_a_no_that_lead_to_a_page():
    asking = message(mailing(asks_again=True))

    url = "https://crm.shop.example/a/token_of-32/"
    assert (html(asking).count(f'href="{url}"'), text(asking).count(url)) == (2, 2)
    assert "/a/" not in html(message(mailing()))
