"""Files that are two things at once, sent to each door that takes files: refused, or never run by a browser."""

import struct
import zlib
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from mailings.models import HostedImage
from persons.models import Evidence
from purposes.models import PublicPages
from tests.factories import PersonFactory, UserFactory
from tests.mailings.making import mailing

pytestmark = pytest.mark.django_db

HTML = b"<html><script>alert('XSS')</script></html>"


def picture(kind="PNG", **options):
    written = BytesIO()
    Image.new("RGB", (40, 20), "red").save(written, kind, **options)
    return written.getvalue()


def header_only(width, height):
    """A PNG that promises so many pixels and has none."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))


def many_pixels(side):
    written = BytesIO()
    Image.new("1", (side, side)).save(written, "PNG")
    return written.getvalue()


FILES = {
    "a GIF that is a script": ("a.gif", picture("GIF", comment=b"*/=1;alert('XSS')//")),
    "an SVG named as a picture": ("a.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
    "a page that ends as a PDF": ("a.pdf", HTML + b"%PDF-1.4\n%%EOF"),
    "a PDF that begins as a page does": ("a.pdf", b"%PDF-1.4\n" + HTML + b"%%EOF"),
    "a picture and a page": ("a.png", picture() + HTML),
    "a photo with a page for a comment": ("a.jpg", picture("JPEG", comment=HTML)),
    "a path for a name": ('../../media/..\\a"b.png', picture()),
    "50,000 by 50,000 points": ("a.png", header_only(50_000, 50_000)),
    "7,000 by 7,000 points": ("a.png", many_pixels(7_000)),
}


def sent(client, route, *arguments, **data):
    return client.post(reverse(route, args=arguments), data)


def as_evidence(client, file):
    person = PersonFactory()
    facts = {"basis": "61A", "source": "CHAT", "expressed_by": "person", "comment": "Said so.", "file": file}
    response = sent(client, "persons:record_consent", person.pk, "EMARKETING", **facts)
    kept = Evidence.objects.exclude(file="").first()
    return response, kept and reverse("persons:evidence", args=[person.pk, kept.event_id])


def as_image(client, file):
    response = sent(client, "mailings:add_image", mailing().pk, file=file, alt="A field")
    kept = HostedImage.objects.first()
    return response, kept and reverse("image", args=[kept.name])


def as_logo(client, file):
    look = {"company_name": "Nordlys", "accent": "#7a1f5c", "accent_on_dark": "#ffb3e6", "language": "nb"}
    response = sent(client, "privacy:pages", **look, new_logo=file)
    logo = PublicPages.current().logo
    return response, logo and reverse("public_logo", args=[logo.name.partition("/")[2]])


@pytest.mark.parametrize("door", [as_evidence, as_image, as_logo])
@pytest.mark.parametrize("name", FILES)
def test_a_file_is_refused_with_a_sentence_or_can_do_no_harm(client, settings, door, name):
    client.force_login(UserFactory(is_superuser=True))

    response, url = door(client, SimpleUploadedFile(*FILES[name]))

    if not url:
        assert response.status_code == 422
        assert "field-refused" in response.text
        assert not list(settings.MEDIA_ROOT.rglob("*.*"))
        return
    assert "points" not in name
    given = client.get(url)
    content = given.getvalue()
    assert given["X-Content-Type-Options"] == "nosniff"
    if given.get("Content-Disposition", "").startswith("attachment"):
        assert given["Content-Type"] == "application/octet-stream"
    else:
        assert given["Content-Type"].startswith("image/")
        assert b"XSS" not in content
