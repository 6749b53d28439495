from zoneinfo import ZoneInfo

from django.utils import timezone, translation


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
