"""The texts of single messages: which one is taken, and what is refused in them."""

import pytest
from django.core.exceptions import ValidationError

from purposes.models import EmailTemplate, EmailText, PublicPages

pytestmark = pytest.mark.django_db

LINKED = '<p><a href="{{ confirm_url }}">Yes</a></p>'


@pytest.fixture
def double_opt_in():
    return EmailTemplate.objects.get(pk="DOUBLE_OPT_IN")


def refused(template, **fields):
    with pytest.raises(ValidationError) as error:
        EmailText(**{"template": template, "language": "en", "subject": "x", "body": LINKED} | fields).full_clean()
    return error.value.message_dict


def test_the_readers_language_goes_before_the_companys_and_this_before_the_shipped_text(double_opt_in):
    def subject(language):
        return double_opt_in.in_language(language).subject

    shipped = subject("de")
    double_opt_in.texts.create(language="nb", subject="Bekreft", body=LINKED)
    assert (subject("nb"), subject("de")) == ("Bekreft", shipped)

    PublicPages.objects.update(language="nb")
    double_opt_in.texts.create(language="sv", subject="Bekräfta", body=LINKED)
    assert (subject("sv"), subject("de")) == ("Bekräfta", "Bekreft")


def test_an_unknown_field_is_refused_at_its_place(double_opt_in):
    error = refused(double_opt_in, subject="{{ first_name }}", body=f"{LINKED}\n{{{{ password }}}}")

    assert "There is no merge field “first_name” (line 1, column 1)." in error["subject"][0]
    assert "There is no merge field “password” (line 2, column 1)." in error["body"][0]


def test_a_text_without_its_link_is_refused(double_opt_in):
    assert refused(double_opt_in, body="<p>Hello</p>")["body"] == ["The text needs the merge field {{ confirm_url }}."]


@pytest.mark.parametrize(
    "tag", ['<a href="https://x.example/{{ confirm_url }}">', '<img src="{{ confirm_url }}">', '<a href="{{ email }}">']
)
def test_inside_a_tag_only_the_whole_address_of_a_link_is_a_field(double_opt_in, tag):
    assert "stands inside the tag" in refused(double_opt_in, body=LINKED + tag)["body"][0]
