"""The E-mail tab of Privacy: texts per language, preview, test, and the way back to what was shipped."""

import pytest
from django.core import mail
from django.urls import reverse

from purposes.models import EmailTemplate, EmailText
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

LINKED = '<p>Hei <a href="{{ preferences_url }}">din side</a></p>'
NB = ["PREFERENCE_LINK", "nb"]


@pytest.fixture
def admin(client):
    user = UserFactory(rights=[f"purposes.{deed}_emailtemplate" for deed in ("change", "add", "delete")])
    client.force_login(user)
    return user


def save(client, *where, **data):
    return client.post(reverse("privacy:email_text", args=where), {"subject": "Hei", "body": LINKED} | data)


def test_a_text_is_saved_in_its_language_and_restored(client, admin):
    assert save(client, *NB).status_code == 302
    text = EmailText.objects.get()
    assert (text.template_id, text.language, text.subject, text.updated_by) == (*NB, "Hei", admin)

    client.post(reverse("privacy:restore_email_text", args=NB))
    assert not EmailText.objects.exists()


def test_what_is_wrong_is_said_at_its_field(client, admin):
    response = save(client, *NB, subject="{{ nobody }}", body="<p>Hei</p>")

    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"subject", "body"}


def test_who_saves_the_first_text_second_is_told(client, admin):
    opened = client.get(reverse("privacy:email_text", args=NB)).context["form"]["opened_with"].initial
    save(client, *NB, subject="Hei fra Anne", opened_with=opened)

    response = save(client, *NB, subject="Hei fra Berit", opened_with=opened)

    assert response.status_code == 422
    assert "Hei fra Anne" in response.context["form"].non_field_errors()[0]
    assert EmailText.objects.get().subject == "Hei fra Anne"


def test_a_template_is_added_renamed_and_deleted(client, admin):
    client.post(reverse("privacy:add_email_template"), {"name": "From the fair"})
    template = EmailTemplate.objects.get(pk="FROM_THE_FAIR")
    assert (template.kind, template.is_built_in) == ("PRIVACY_CONFIRMATION", False)

    client.post(reverse("privacy:rename_email_template", args=[template.pk]), {"name": "Fair 2026"})
    assert EmailTemplate.objects.get(pk="FROM_THE_FAIR").name == "Fair 2026"

    client.post(reverse("privacy:delete_email_template", args=[template.pk]))
    assert not EmailTemplate.objects.filter(pk="FROM_THE_FAIR").exists()


def test_a_built_in_template_is_not_deleted(client, admin):
    response = client.post(reverse("privacy:delete_email_template", args=["DOUBLE_OPT_IN"]), follow=True)

    assert "Double opt-in is built in and cannot be deleted." in response.text


def test_the_list_costs_the_same_for_three_texts_and_for_nine(client, admin, django_assert_num_queries):
    url = reverse("privacy:email")
    templates = EmailTemplate.objects.all()
    for template in templates:
        template.texts.create(language="nb", subject="x", body="x", updated_by=UserFactory())
    client.get(url)

    with django_assert_num_queries(8):
        client.get(url)
    for language in ("sv", "da"):
        for template in templates:
            template.texts.create(language=language, subject="x", body="x", updated_by=UserFactory())
    with django_assert_num_queries(8):
        client.get(url)


def test_the_preview_shows_what_is_in_the_form_and_saves_nothing(client, admin):
    url = reverse("single_messages:preview", args=NB)

    shown = client.post(url, {"subject": "Til {{ first_name }}", "body": LINKED + "<script>alert(1)</script>"})
    refused = client.post(url, {"subject": "Hei", "body": "{{ nobody }}"})

    assert "Til Kari" in shown.text
    assert "alert" not in shown.text
    assert "There is no merge field “nobody”" in refused.text
    assert not EmailText.objects.exists()


def test_a_test_goes_to_nobody_but_the_user(client, admin):
    save(client, *NB)

    response = client.post(reverse("single_messages:test", args=NB), follow=True)

    assert f"The test is on its way to {admin.email}." in response.text
    message = mail.outbox[0]
    assert (message.to, message.subject) == ([admin.email], "[Test] Hei")
    assert "/p/sample/" in message.body


def test_a_mail_server_that_is_away_is_said_in_its_words(client, admin, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 1

    response = client.post(reverse("single_messages:test", args=NB), follow=True)

    assert "The mail server did not take it:" in response.text


@pytest.mark.parametrize("where", [["PREFERENCE_LINK", "xx"], ["NO_SUCH", "nb"]])
def test_there_is_no_page_for_what_there_is_not(client, admin, where):
    assert client.get(reverse("privacy:email_text", args=where)).status_code == 404
    assert client.get(reverse("single_messages:preview", args=where)).status_code == 404
