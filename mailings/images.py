"""Images for mailings: an upload is checked, read and written anew, so that nothing is served but pixels."""

import secrets
from io import BytesIO
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, ImageSequence

from mailings.models import HostedImage
from purposes import pictures

SUFFIXES = {"PNG": "png", "JPEG": "jpg", "GIF": "gif", "WEBP": "webp"}
LARGEST_UPLOAD = 5 * 1024 * 1024
LARGEST_KEPT = 2 * 1024 * 1024
WIDEST = 1280  # twice the width of a message, for screens with fine pixels


def keep(upload: UploadedFile, *, alt: str, by: Any) -> HostedImage:
    """Check an upload and keep it under a random name. Raises ValidationError for what is no image that we serve."""
    if (upload.size or 0) > LARGEST_UPLOAD:
        raise _too_large(LARGEST_UPLOAD)
    kind, frames = _read(upload)
    content = _written(kind, frames)
    if len(content) > LARGEST_KEPT:
        raise _too_large(LARGEST_KEPT)
    image = HostedImage(
        name=f"{secrets.token_urlsafe(16)}.{SUFFIXES[kind]}",
        content_type=Image.MIME[kind],
        width=frames[0].width,
        height=frames[0].height,
        size=len(content),
        alt=alt,
        uploaded_by=by,
    )
    image.file.save(image.name, ContentFile(content), save=False)
    image.save()
    return image


def _read(upload: UploadedFile) -> tuple[str, list[Image.Image]]:
    """The format and the frames, one unless it moves, no wider than needed."""
    refusal = _(
        "This is no image that can be shown in mail (PNG, JPEG, GIF or WebP). Other files cannot be attached to a "
        "mailing: spam filters hold attachments back. Put the file on your website and link to it."
    )
    with pictures.opened(upload, SUFFIXES, refusal=refusal) as image:
        kind, number = str(image.format), getattr(image, "n_frames", 1)
        if number > 1 and kind in ("GIF", "WEBP"):
            return kind, [frame.copy() for frame in ImageSequence.Iterator(image)]
        still = ImageOps.exif_transpose(image)  # a camera notes beside the pixels which side is up
        if still.width > WIDEST:
            still = still.resize((WIDEST, max(1, round(still.height * WIDEST / still.width))))
        return kind, [still]


def _written(kind: str, frames: list[Image.Image]) -> bytes:
    """The pixels alone: what else the file said, where a photo was taken for example, stays behind."""
    first, *others = [_bare(frame, kind) for frame in frames]
    moving = {"save_all": True, "append_images": others, "loop": 0} if others else {}
    durations = {"duration": [frame.info.get("duration", 100) for frame in frames]} if others else {}
    quality = {"quality": 85} if kind in ("JPEG", "WEBP") else {}
    written = BytesIO()
    first.save(written, kind, optimize=True, **quality, **moving, **durations)
    return written.getvalue()


def _bare(frame: Image.Image, kind: str) -> Image.Image:
    if kind == "JPEG" and frame.mode not in ("RGB", "L"):
        frame = frame.convert("RGB")
    bare = frame.copy()
    bare.info = {name: value for name, value in frame.info.items() if name == "transparency"}
    return bare


def _too_large(limit: int) -> ValidationError:
    sentence = _("The file is larger than %(size)s; people read mail on the telephone. Please make it smaller.")
    return ValidationError(sentence % {"size": filesizeformat(limit)}, code="too_large")
