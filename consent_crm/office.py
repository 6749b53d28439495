"""The site of the superusers' back office."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from psycopg import IntegrityError
from psycopg.errors import RaiseException


class Office(AdminSite):
    """Says what the database refuses, by a trigger or a constraint, on the page from which it was sent."""

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return super().admin_view(_told(view), cacheable)


class OfficeConfig(AdminConfig):
    default_site = "consent_crm.office.Office"


def _told(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def told(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        if request.method != "POST":
            return view(request, *args, **named)
        try:
            with transaction.atomic():
                return view(request, *args, **named)
        except DatabaseError as refusal:
            if not isinstance(refusal.__cause__, IntegrityError | RaiseException):
                raise
            reason = str(refusal).partition("\n")[0]
            messages.error(
                request, _("Nothing was changed: the database refuses it (%(reason)s).") % {"reason": reason}
            )
            return redirect(request.get_full_path())

    return told
