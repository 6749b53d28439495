"""What the whole API has in common: how it pages, and how it says no."""

from typing import Any

from django.http import JsonResponse
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.views import exception_handler


class Paging(CursorPagination):
    """Pages found by the place where the last one ended, so that every page costs the same."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500
    ordering = "pk"


def on_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal has a sentence and a code; one about fields also says which."""
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, ValidationError):
        sentence = _("The request is not as it should be.")
        response.data = {"code": "invalid", "detail": sentence, "fields": response.data}
    else:
        detail = response.data["detail"]
        response.data = {"code": detail.code, "detail": str(detail)}
    return response


def refused(is_known: bool) -> JsonResponse:
    """The access table says no: to a user without the right, or to a stranger."""
    if is_known:
        return JsonResponse({"code": "permission_denied", "detail": _("Your role does not include this.")}, status=403)
    return JsonResponse({"code": "not_authenticated", "detail": _("Please sign in first.")}, status=403)
