"""A picture that somebody uploads: read and written anew, so that nothing but pixels is served."""

import warnings
from io import BytesIO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

SUFFIXES = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}
LARGEST = 1024 * 1024  # bytes
MOST_PIXELS = 40_000_000
BOX = (640, 240)  # twice the size at which a logo is shown


def logo(upload: UploadedFile) -> ContentFile:
    """The picture, no larger than needed. Raises ValidationError for a file that is too large or no such picture."""
    if (upload.size or 0) > LARGEST:
        raise ValidationError(_("The file is larger than 1 MB. Please make the picture smaller."), code="too_large")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _written(upload)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValidationError(_("The picture has too many pixels. Please make it smaller."), code="pixels") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # what Pillow raises for what it cannot read
        raise ValidationError(_("This is no picture in the form of PNG, JPEG or WebP."), code="no_picture") from error


def _written(upload: UploadedFile) -> ContentFile:
    with Image.open(upload, formats=list(SUFFIXES)) as opened:
        kind = str(opened.format)
        if opened.width * opened.height > MOST_PIXELS:
            raise Image.DecompressionBombError
        picture = ImageOps.exif_transpose(opened)
        picture.thumbnail(BOX)
        picture.info = {}
        written = BytesIO()
        picture.save(written, kind)
    return ContentFile(written.getvalue(), name=f"logo.{SUFFIXES[kind]}")
