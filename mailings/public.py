"""What of a mailing everybody may ask for: its images, its counted links, and the message of a link in the browser."""

from csp.constants import NONE
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from mailings import showing, tracking
from mailings.models import HostedImage

A_YEAR = 365 * 24 * 60 * 60


@require_safe
@cache_control(public=True, max_age=A_YEAR, immutable=True)
def image(request: HttpRequest, name: str) -> FileResponse:
    """An image, for ever the same under its name. The type is ours, and nobody guesses another (nosniff)."""
    hosted = get_object_or_404(HostedImage, pk=name)
    try:
        return FileResponse(hosted.file.open(), content_type=hosted.content_type)
    except FileNotFoundError as error:
        raise Http404 from error


@require_safe
@never_cache
def view_in_browser(request: HttpRequest, token: str) -> HttpResponse:
    """The message that this link came with, as it was sent."""
    shown = showing.of_link(token)
    return letter(request, shown.html) if shown else render(request, "public/unknown_link.html")


@showing.as_a_page(framed_by=NONE)
def letter(request: HttpRequest, html: str) -> HttpResponse:
    response = HttpResponse(html)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@require_safe
@never_cache
def follow(request: HttpRequest, key: str) -> HttpResponse:
    """Lead on to where a link in a message goes, and count it. Nowhere but to addresses that stand in a mailing."""
    url = tracking.click(key)
    return HttpResponseRedirect(url) if url else render(request, "public/unknown_link.html")
