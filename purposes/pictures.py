"""A picture that somebody uploads: read and written anew, so that nothing but pixels is served."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

SUFFIXES = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}
LARGEST = 1024 * 1024  # bytes
MOST_PIXELS = 40_000_000  # of all frames together: what is unpacked in memory
BOX = (640, 240)  # twice the size at which a logo is shown


@contextmanager
def opened(upload: File, kinds: Iterable[str], *, refusal: str) -> Iterator[Image.Image]:
    """The picture, to be worked on. Raises ValidationError: too many pixels, or, with the refusal, nothing to read."""
    try:
        with Image.open(upload, formats=list(kinds)) as picture:
            if picture.width * picture.height * getattr(picture, "n_frames", 1) > MOST_PIXELS:
                raise Image.DecompressionBombError
            yield picture
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValidationError(
            _("The picture has too many pixels. Please make it smaller."), code="too_many_pixels"
        ) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # what Pillow raises for what it cannot read
        raise ValidationError(refusal, code="not_an_image") from error


def logo(upload: UploadedFile) -> ContentFile:
    """The picture, no larger than needed. Raises ValidationError for a file that is too large or no such picture."""
    if (upload.size or 0) > LARGEST:
        raise ValidationError(_("The file is larger than 1 MB. Please make the picture smaller."), code="too_large")
    with opened(upload, SUFFIXES, refusal=_("This is no picture in the form of PNG, JPEG or WebP.")) as found:
        kind = str(found.format)
        picture = ImageOps.exif_transpose(found)
        picture.thumbnail(BOX)
        picture.info = {}
        written = BytesIO()
        picture.save(written, kind)
    return ContentFile(written.getvalue(), name=f"logo.{SUFFIXES[kind]}")
