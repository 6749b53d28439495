"""Files that prove an answer: which are taken. What they are is read from what is in them, never from their name."""

from email import policy
from email.parser import BytesParser
from pathlib import PurePath

from django.core.exceptions import ValidationError
from django.core.files import File
from django.utils.translation import gettext_lazy as _

from purposes import pictures

LARGEST = 5 * 1024 * 1024
ENDINGS = {"PDF": (".pdf",), "PNG": (".png",), "JPEG": (".jpg", ".jpeg"), "EML": (".eml",)}
ACCEPT = ",".join(ending for endings in ENDINGS.values() for ending in endings)

TOO_LARGE = _("The file is larger than 5 MB. A scan with fewer points is enough, or only the pages that matter.")
NOT_TAKEN = _("This is no PDF, PNG, JPEG or e-mail file (EML), or it is not whole. Save it as one of these first.")
ANOTHER_NAME = _("The name does not fit what is in the file: it is a %(kind)s. Rename it to end in %(ending)s.")


def check(file: File) -> None:
    """Raises ValidationError unless the file can be kept as evidence."""
    if file.size > LARGEST:
        raise ValidationError(TOO_LARGE)
    kind = kind_of(file)
    if kind is None:
        raise ValidationError(NOT_TAKEN)
    if PurePath(file.name or "").suffix.lower() not in ENDINGS[kind]:
        raise ValidationError(ANOTHER_NAME, params={"kind": kind, "ending": ENDINGS[kind][0]})


def kind_of(file: File) -> str | None:
    """What the file is, one of ENDINGS; None for anything else. Raises ValidationError for a picture broken or huge."""
    file.seek(0)
    content = file.read()
    file.seek(0)
    if content.startswith(b"%PDF-"):
        return "PDF" if b"%%EOF" in content[-2048:] else None
    if content.startswith((b"\x89PNG", b"\xff\xd8\xff")):
        return _picture(file)
    return "EML" if _is_message(content) else None


def _picture(file: File) -> str | None:
    try:
        with pictures.opened(file, ["PNG", "JPEG"], refusal=str(NOT_TAKEN)) as picture:
            kind = picture.format
            picture.draft(picture.mode, (64, 64))  # read through to its end, but small
            picture.load()
    finally:
        file.seek(0)
    return kind


def _is_message(content: bytes) -> bool:
    """An e-mail as programs save it: a head that says from whom and when, and a body (RFC 5322 section 3.6)."""
    if b"\0" in content:
        return False
    message = BytesParser(policy=policy.compat32).parsebytes(content)
    return "From" in message and "Date" in message and not message.defects and bool(message.get_payload())
