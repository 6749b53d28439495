"""The Pages tab of Privacy, and what the public pages make of it."""

from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from persons import links
from persons.models import LinkToken
from purposes.models import PublicPages, PublicText
from tests.factories import PersonFactory, UserFactory

pytestmark = pytest.mark.django_db

LOOK = {"company_name": "Nordlys", "accent": "#7a1f5c", "accent_on_dark": "#ffb3e6", "language": "nb"}


@pytest.fixture
def admin(client):
    user = UserFactory(rights=["purposes.change_publicpages"])
    client.force_login(user)
    return user


@pytest.fixture
def own_page():
    """The page of a person who has no language of their own."""
    person, token = PersonFactory(), links.make()
    LinkToken.objects.create(token_hash=links.hashed(token), person=person, address_hash=person.address_hash)
    return lambda: Client().get(reverse("preferences", args=[token])).text


def picture(kind="PNG", size=(1200, 300), name="logo.png"):
    content = BytesIO()
    Image.new("RGB", size, "#7a1f5c").save(content, kind)
    return SimpleUploadedFile(name, content.getvalue())


def save(client, **data):
    return client.post(reverse("privacy:pages"), LOOK | data)


def save_text(client, language, **data):
    return client.post(reverse("privacy:page_text", args=[language]), data)


# ---- the look


def test_the_public_pages_take_name_and_colours(client, admin, own_page):
    assert save(client).status_code == 302
    assert PublicPages.current().updated_by == admin

    page = own_page()
    style = page.partition('href="/look/')[2].partition('"')[0]
    sheet = Client().get(f"/look/{style}")

    assert "· Nordlys</title>" in page
    assert "--accent: #7a1f5c; --on-accent: #ffffff;" in sheet.text
    assert "--accent: #ffb3e6; --on-accent: #000000;" in sheet.text
    assert sheet.headers["Cache-Control"].endswith("immutable")
    assert Client().get("/look/of-yesterday.css").headers["Cache-Control"] == "no-cache"


def test_a_colour_that_cannot_be_read_is_refused_at_its_field(client, admin):
    response = save(client, accent="#ffd700")

    assert response.status_code == 422
    assert "hard to read" in response.context["form"].errors["accent"][0]
    assert PublicPages.current().company_name == ""


def test_who_saves_second_is_told(client, admin):
    opened = client.get(reverse("privacy:pages")).context["form"]["opened_with"].initial
    save(client, company_name="Anne was here", opened_with=opened)

    response = save(client, company_name="Berit was here", opened_with=opened)

    assert (response.status_code, PublicPages.current().company_name) == (422, "Anne was here")


# ---- the logo


@pytest.mark.parametrize(("kind", "ending"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp")])
def test_a_logo_is_shrunk_kept_under_a_new_name_and_shown(client, admin, own_page, kind, ending):
    assert save(client, new_logo=picture(kind, name="evil.svg")).status_code == 302

    logo = PublicPages.current().logo
    response = Client().get(reverse("public_logo", args=[logo.name.partition("/")[2]]))
    shown = Image.open(BytesIO(b"".join(response.streaming_content)))
    assert logo.name.endswith(f".{ending}")
    assert (shown.format, shown.size) == (kind, (640, 160))
    assert response.headers["Content-Type"] == Image.MIME[kind]
    assert 'alt="Nordlys"' in own_page()


def test_a_replaced_or_removed_logo_leaves_no_file(client, admin, django_capture_on_commit_callbacks):
    for change in ({"new_logo": picture()}, {"new_logo": picture()}, {"without_logo": "on"}):
        with django_capture_on_commit_callbacks(execute=True):
            save(client, **change)
        assert len(default_storage.listdir("logos")[1]) == ("new_logo" in change)

    assert not PublicPages.current().logo


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"GIF89a", "This is no picture in the form of PNG, JPEG or WebP."),
        (SVG, "This is no picture in the form of PNG, JPEG or WebP."),
        (picture().read()[:200], "This is no picture in the form of PNG, JPEG or WebP."),
        (b"x" * (1024 * 1024 + 1), "The file is larger than 1 MB."),
    ],
)
def test_a_file_that_is_no_such_picture_is_refused(client, admin, content, sentence):
    response = save(client, new_logo=SimpleUploadedFile("logo.png", content))

    assert response.status_code == 422
    assert sentence in response.context["form"].errors["new_logo"][0]
    assert not PublicPages.current().logo


def test_a_picture_of_too_many_pixels_is_refused(client, admin):
    content = BytesIO()
    Image.new("1", (8000, 8000)).save(content, "PNG")

    response = save(client, new_logo=SimpleUploadedFile("logo.png", content.getvalue()))

    assert "too many pixels" in response.context["form"].errors["new_logo"][0]


def test_no_other_file_is_given_out(client, admin):
    save(client, new_logo=picture())

    assert Client().get(reverse("public_logo", args=["other.png"])).status_code == 404
    assert Client().get("/look/..%2f..%2fsettings.py").status_code == 404


# ---- the texts


def test_texts_stand_on_the_pages_as_text(client, admin, own_page):
    save_text(client, "en", heading="Your choice", intro="<b>Hello</b>", footer="Storgata 1")

    page = own_page()

    assert "<h1>Your choice</h1>" in page
    assert "&lt;b&gt;Hello&lt;/b&gt;" in page
    assert "Storgata 1" in page


def test_a_text_that_a_language_lacks_is_the_companys(client, admin, own_page):
    save_text(client, "nb", heading="Ditt valg", footer="Storgata 1")
    save_text(client, "en", heading="Your choice")
    assert "Storgata 1" not in own_page()

    PublicPages.objects.update(language="nb")

    assert "Your choice" in own_page()
    assert "Storgata 1" in own_page()


def test_an_address_that_is_none_is_refused(client, admin):
    response = save_text(client, "en", statement_url="javascript:alert(1)")

    assert (response.status_code, PublicText.objects.count()) == (422, 0)


# ---- the preview


def test_the_preview_shows_what_is_in_the_forms_and_saves_nothing(client, admin):
    url = reverse("privacy:sample", args=["nb"])

    look = client.post(url, LOOK | {"new_logo": picture()})
    text = client.post(url, {"heading": "Ditt valg"})
    refused = client.post(url, LOOK | {"accent": "#ffd700"})

    assert 'src="data:image/png;base64,' in look.text
    assert "light=%237a1f5c" in look.text
    assert "<h1>Ditt valg</h1>" in text.text
    assert "hard to read" in refused.text
    assert (PublicPages.current().company_name, PublicText.objects.count()) == ("", 0)


def test_the_colours_of_a_preview_are_colours(client, admin):
    url = reverse("privacy:sample_style")

    assert "--accent: #7a1f5c" in client.get(url, {"light": "#7a1f5c", "dark": "#ffb3e6"}).text
    assert client.get(url, {"light": "#7a1f5c}", "dark": "#ffb3e6"}).status_code == 404
