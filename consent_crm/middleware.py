from zoneinfo import ZoneInfo

from django.core.exceptions import BadRequest
from django.utils import timezone, translation
from django_htmx.http import push_url


class ReaderMiddleware:
    """Speaks to a signed-in user in their own language and time zone."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        timezone.deactivate()
        if request.user.is_authenticated:
            translation.activate(request.user.language)
            timezone.activate(ZoneInfo(request.user.time_zone))
        return self.get_response(request)


class RefusalMiddleware:
    """A refused form stays under the address of its page: the one it was sent to may not be there to be looked at."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        return push_url(response, False) if response.status_code == 422 else response


class NoNulMiddleware:
    """Refuses addresses with a NUL: no text in the database can hold one, so that nothing can be found by it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if "\0" in request.path or "%00" in request.META["QUERY_STRING"]:
            raise BadRequest("An address holds a NUL.")
