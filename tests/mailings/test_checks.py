import pytest

from mailings.checks import checks
from tests.mailings.making import mailing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def site(settings):
    settings.SITE_URL = "https://crm.shop.example"


def found(**facts):
    return [(finding.severity.value, finding.sentence) for finding in checks(mailing(**facts))]


def test_there_is_nothing_to_say_about_a_good_one():
    body = (
        '<p>Hello {{ first_name }}, <a href="https://shop.example/?a">read</a> <a href="mailto:a@b.example">or ask</a>'
        '<img src="https://shop.example/a.png" alt="A door"></p>'
    )

    assert found(body=body) == []


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"body": ""}, "The message is empty."),
        ({"subject": ""}, "The mailing has no subject."),
        ({"body": "<p>{{ frist_name }}</p>"}, "There is no merge field “frist_name” (line 1, column 4)."),
        ({"body": "<a href='https://a.example/{{ city }}'>x</a>"}, "The merge field {{ city }} stands inside the tag"),
        ({"body": '<img src="https://crm.shop.example/i/gone.png" alt="x">y'}, "The image gone.png is no longer here."),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_an_error(facts, sentence):
    [(severity, said)] = found(**facts)

    assert severity == "error"
    assert said.startswith(sentence)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("<p>x<script>1</script></p>", "Taken out: A script (line 1)."),
        ("x<img src='http://a.example/a.png'>", "Taken out: The image http://a.example/a.png"),
        ("x<a href='http://shop.example'>y</a>", "The link http://shop.example is not encrypted."),
        ("x<a href='https://shop'>y</a>", "The link https://shop leads nowhere."),
        ("x<a href='mailto:nobody'>y</a>", "The link mailto:nobody leads nowhere."),
        ("x<a href='/offers'>y</a>", "Taken out: The link to “/offers”"),
        ("x<a href='#'>y</a>", "Taken out: The link to “#”"),
        ("x<a href='https://a.example'> </a>", "A link has no words: https://a.example."),
        ("x<img src='https://a.example/a.png'>", "An image says nothing to those who do not see it: https://a.example/a.png."),
        ("<img src='https://a.example/a.png' alt='Sale'>", "The message is made of images alone"),
        ("x" * 103 * 1024, "The message has 103 KB of HTML"),
    ],
)  # fmt: skip
def test_what_may_be_wrong_is_a_warning(body, sentence):
    [(severity, said)] = found(body=body)

    assert severity == "warning"
    assert said.startswith(sentence)


def test_an_image_that_decorates_and_a_link_within_the_mail_are_fine():
    assert found(body='<a name="top"></a>x<img src="https://a.example/a.png" alt=""><a href="#top">up</a>') == []
