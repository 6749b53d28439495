import pytest
from django.core.exceptions import ValidationError

from mailings import merge_fields
from mailings.merge_fields import Text


def filled(written, **values):
    return Text.of(merge_fields.read(written)).fill(values)


def test_a_field_is_filled_with_or_without_spaces():
    assert filled("Dear {{ first_name }} {{last_name}}!", first_name="Kari", last_name="Berg") == "Dear Kari Berg!"


def test_what_a_value_holds_is_not_read_again():
    assert (
        filled("{{ first_name }} {{ last_name }}", first_name="{{ last_name }}", last_name="x") == "{{ last_name }} x"
    )


def test_nothing_is_evaluated():
    assert filled("{% load x %} {{ city }} {{ title }}", city="{% now %}", title="") == "{% load x %} {% now %} "


@pytest.mark.parametrize(
    ("written", "name", "line", "column"),
    [
        ("Hello {{ frist_name }}", "frist_name", 1, 7),
        ("one\ntwo {{ settings.SECRET_KEY }}", "settings.SECRET_KEY", 2, 5),
        ("{{ first_name }} {{ ", "{{", 1, 18),
        ("{{ unsubscribe_url }}", "unsubscribe_url", 1, 1),
    ],
)
def test_an_unknown_field_is_refused_with_its_place(written, name, line, column):
    with pytest.raises(ValidationError) as refused:
        merge_fields.known(written)

    assert refused.value.code == "unknown_field"
    assert [refused.value.params[key] for key in ("name", "line", "column")] == [name, line, column]


def test_style_sheets_may_close_two_braces_at_once():
    merge_fields.known_in_html("<style>@media screen{.a{color:red}}</style><p>{{ city }}</p>")


@pytest.mark.parametrize("tag", ['<a href="https://x.example/{{ city }}">', '<img alt="{{ city }}"/>'])
def test_a_field_inside_a_tag_is_refused(tag):
    with pytest.raises(ValidationError) as refused:
        merge_fields.known_in_html(f"<p>\n{tag}")

    assert (refused.value.code, refused.value.params["line"]) == ("field_in_tag", 2)


def test_a_sign_that_was_smuggled_in_does_not_become_a_field():
    assert filled(f"a{merge_fields.sign('reason')}b") == "ab"


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("Kari\r\nBcc: x@example.com", "Kari Bcc: x@example.com"),
        ("=cmd|x", "=cmd|x"),
        ("שלום", "שלום"),
        ("\u202egnp.exe", "gnp.exe"),
        ("Zoë 🎉", "Zoë 🎉"),
        (None, ""),
    ],
)
def test_a_value_is_one_line_that_turns_nothing(value, plain):
    assert merge_fields.plain(value) == plain
