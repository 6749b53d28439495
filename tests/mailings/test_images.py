"""Images for mailings: what is taken, what is kept of it, and how it is served."""

from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from mailings import images
from mailings.models import HostedImage

pytestmark = pytest.mark.django_db


def picture(kind="PNG", size=(40, 20), mode="RGB", **options):
    written = BytesIO()
    Image.new(mode, size, "red").save(written, kind, **options)
    return written.getvalue()


def upload(content, name="photo.png"):
    return SimpleUploadedFile(name, content)


def keep(content):
    return images.keep(upload(content), alt="A red field", by=None)


@pytest.mark.parametrize(
    ("kind", "content_type", "suffix"),
    [
        ("PNG", "image/png", "png"),
        ("JPEG", "image/jpeg", "jpg"),
        ("GIF", "image/gif", "gif"),
        ("WEBP", "image/webp", "webp"),
    ],
)
def test_four_kinds_are_kept_and_served_for_ever(client, settings, kind, content_type, suffix):
    settings.SITE_URL = "https://crm.shop.example"

    kept = keep(picture(kind))
    response = client.get(reverse("image", args=[kept.name]))

    assert (kept.width, kept.height, kept.size) == (40, 20, len(response.getvalue()))
    assert kept.url == f"https://crm.shop.example/i/{kept.name}"
    assert kept.name.endswith(f".{suffix}")
    assert len(kept.name) > 24
    assert response["Content-Type"] == content_type
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in response["Cache-Control"]


def test_where_a_photo_was_taken_is_not_told_and_it_stands_upright():
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera of Kari"  # turned by a quarter

    kept = keep(picture("JPEG", exif=exif))

    assert (kept.width, kept.height) == (20, 40)
    with kept.file:
        assert b"Kari" not in kept.file.read()


def test_what_is_wider_than_any_screen_needs_is_made_smaller():
    kept = keep(picture("JPEG", size=(2560, 100)))

    assert (kept.width, kept.height) == (1280, 50)


def test_what_moves_goes_on_moving():
    frames = [Image.new("RGB", (10, 10), colour) for colour in ("red", "blue")]
    written = BytesIO()
    frames[0].save(written, "GIF", save_all=True, append_images=frames[1:], duration=300)

    kept = keep(written.getvalue())

    with kept.file, Image.open(kept.file) as image:
        assert (image.n_frames, image.info["duration"]) == (2, 300)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"%PDF-1.7 a leaflet", "not_an_image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "not_an_image"),
        (picture("BMP"), "not_an_image"),
        (picture("PNG")[:60], "not_an_image"),
        (b"", "not_an_image"),
        (picture("PNG", size=(8000, 6000), mode="1"), "too_many_pixels"),
        (b"\x89PNG" + b"0" * images.LARGEST_UPLOAD, "too_large"),
    ],
    ids=["PDF", "SVG", "BMP", "cut off", "empty", "a bomb", "too large"],
)
def test_nothing_else_is_kept(content, code):
    with pytest.raises(ValidationError) as refused:
        keep(content)

    assert refused.value.code == code
    assert not HostedImage.objects.exists()


def test_an_unknown_name_is_not_found(client):
    assert client.get(reverse("image", args=["nobody.png"])).status_code == 404
