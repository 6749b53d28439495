"""Files as evidence: told by what is in them."""

from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from PIL import Image

from persons import evidence

PDF = b"%PDF-1.7\n1 0 obj\nendobj\ntrailer\n%%EOF\n"
MESSAGE = (
    b"From: Kari <kari@example.com>\r\nDate: Mon, 2 Nov 2026 09:00:00 +0100\r\nSubject: Yes\r\n\r\nYes, please.\r\n"
)


def picture(format):
    written = BytesIO()
    Image.effect_noise((64, 64), 90).save(written, format)
    return written.getvalue()


def refusal(content, name):
    try:
        evidence.check(ContentFile(content, name))
    except ValidationError as error:
        return error.messages[0]
    return None


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (PDF, "letter.pdf"),
        (picture("PNG"), "scan.PNG"),
        (picture("JPEG"), "photo.jpeg"),
        (picture("JPEG"), "photo.jpg"),
        (MESSAGE, "Yes please.eml"),
    ],
)
def test_a_whole_file_of_the_four_kinds_is_taken(content, name):
    assert refusal(content, name) is None


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "empty.pdf"),
        (b"MZ\x90\x00", "program.pdf"),
        (b"<html><script>alert(1)</script></html>", "page.pdf"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "drawing.png"),
        (PDF[:20], "half.pdf"),
        (picture("PNG")[:-200], "half.png"),
        (picture("JPEG")[:-200], "half.jpg"),
        (picture("GIF"), "other.png"),
        (b"GIF89a" + picture("PNG"), "two.png"),
        (b"Subject: nobody\r\n\r\nYes.", "nobody.eml"),
        (MESSAGE.partition(b"Yes, please")[0], "no body.eml"),
        (MESSAGE + b"\0", "binary.eml"),
        (b"PK\x03\x04", "letter.docx"),
    ],
)
def test_everything_else_and_half_a_file_is_refused(content, name):
    assert refusal(content, name) == evidence.NOT_TAKEN


def test_a_name_that_promises_something_else_is_refused_with_what_to_do():
    assert refusal(PDF, "letter.html") == (
        "The name does not fit what is in the file: it is a PDF. Rename it to end in .pdf."
    )


def test_five_megabytes_are_taken_and_not_one_byte_more():
    whole = PDF + b" " * (evidence.LARGEST - len(PDF) - 5) + b"%%EOF"

    assert (len(whole), refusal(whole, "letter.pdf")) == (evidence.LARGEST, None)
    assert refusal(whole + b" ", "letter.pdf") == evidence.TOO_LARGE
