"""Messages to one person, put together from their templates."""

import pytest

from mailings.single_messages import render
from purposes.models import EmailTemplate, EmailText, PublicPages

pytestmark = pytest.mark.django_db

LINK = "https://crm.example.com/p/token/"


def written(kind, body, subject="Hello"):
    return EmailText(template=EmailTemplate.objects.get(pk=kind), language="en", subject=subject, body=body)


def test_fields_are_filled_in_subject_html_and_text():
    PublicPages.objects.update(company_name="Nordlys")
    text = written(
        "PREFERENCE_LINK",
        '<p>Dear {{ first_name }}, <a href="{{ preferences_url }}">your page</a></p>',
        subject="{{ first_name }} at {{ our_company }}",
    )

    message = render(text, {"first_name": "Kari <b>", "preferences_url": LINK})

    assert message.subject == "Kari <b> at Nordlys"
    assert f'<p>Dear Kari &lt;b&gt;, <a href="{LINK}">your page</a></p>' in message.html
    assert message.text == f"Dear Kari <b>, your page ({LINK})"


def test_what_runs_or_fetches_is_taken_out():
    text = written("PREFERENCE_LINK", "<script>x</script><p onclick='x'>{{ preferences_url }}</p>")

    assert (
        f'<div style="max-width:640px;margin:0 auto">\n<p>{LINK}</p>\n</div>'
        in render(text, {"preferences_url": LINK}).html
    )


@pytest.mark.parametrize("kind", EmailTemplate.Kind)
def test_the_shipped_texts_are_fit_to_be_sent(kind):
    text = EmailTemplate.objects.get(pk=kind).in_language("en")
    values = {name: f"<{name}>" for name in text.template.fields.all} | {"our_company": "Nordlys"}

    text.clean()
    message = render(text, values)

    assert "Nordlys" in message.text
    assert all(f"<{name}>" in message.text for name in text.template.fields.needed)
    assert "{{" not in message.text + message.subject
