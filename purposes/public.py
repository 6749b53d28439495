"""What the public pages load: their colours and the logo. No sign-in, no cookie."""

import mimetypes

from csp.constants import NONE
from csp.decorators import csp
from django.http import FileResponse, Http404, HttpResponse
from django.views.decorators.http import require_safe

from .look import style, version
from .models import PublicPages

FOR_EVER = "public, max-age=31536000, immutable"


@require_safe
def public_style(request, name):
    """The colours of today; kept for ever by browsers under the name that stands for them."""
    pages = PublicPages.current()
    kept = FOR_EVER if name == version(pages) else "no-cache"
    sheet = style(pages.accent, pages.accent_on_dark)
    return HttpResponse(sheet, content_type="text/css; charset=utf-8", headers={"Cache-Control": kept})


@require_safe
@csp({"default-src": [NONE], "sandbox": True})  # type: ignore[arg-type]  # its types know no arguments from the address
def public_logo(request, name):
    """The logo of today, and no other file."""
    logo = PublicPages.current().logo
    if (logo.name or "").rpartition("/")[2] != name:
        raise Http404
    try:
        content = logo.open()
    except FileNotFoundError as error:
        raise Http404 from error
    kind = mimetypes.guess_type(name)[0]
    return FileResponse(content, content_type=kind, headers={"Cache-Control": FOR_EVER})
