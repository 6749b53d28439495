"""The Settings area: sending, retention, and what these have been."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailings.models import SendingSettings
from purposes import history_views
from purposes.history import Kept
from purposes.history_views import Kind
from purposes.setting_forms import SettingForm, to_edit

from .models import Retention
from .settings_forms import RetentionForm, SendingForm

TABS = [("settings:sending", gettext_lazy("Sending")), ("settings:retention", gettext_lazy("Retention"))]
KINDS = {
    "sending": Kind(gettext_lazy("Sending"), [Kept(SendingSettings)], "settings:sending"),
    "retention": Kind(gettext_lazy("Retention"), [Kept(Retention)], "settings:retention"),
}


def sending(request: HttpRequest) -> HttpResponse:
    facts = {
        _("Mail server"): f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}",
        _("Sender where a mailing names none"): settings.DEFAULT_FROM_EMAIL,
        _("Domain to which bounces return"): settings.BOUNCE_DOMAIN,
        _("Address of this site in links"): settings.SITE_URL,
    }
    return _edit(request, SendingSettings, SendingForm, "sending", facts=facts)


def retention(request: HttpRequest) -> HttpResponse:
    return _edit(request, Retention, RetentionForm, "retention")


@transaction.atomic
def _edit(request: HttpRequest, model: Any, form_class: type[SettingForm], name: str, **context: Any) -> HttpResponse:
    setting = to_edit(request, model.objects.select_related("updated_by"), id=1)
    form = form_class(request.POST or None, instance=setting)
    if form.is_bound and form.is_valid():
        form.save_by(request.user)
        messages.success(request, _("The settings are saved."))
        return redirect(f"settings:{name}")
    context |= {"form": form, "name": name, "tabs": _tabs(f"settings:{name}")}
    return render(request, f"settings/{name}.html", context, status=422 if form.is_bound else 200)


def _tabs(here: str) -> list[dict[str, Any]]:
    return [{"url": reverse(route), "label": label, "is_here": route == here} for route, label in TABS]


def history(request: HttpRequest, kind: str) -> HttpResponse:
    return history_views.page(request, KINDS, kind, "1")


urlpatterns = [
    path("sending/", sending, name="sending"),
    path("retention/", retention, name="retention"),
    path("history/<str:kind>/", history, name="history"),
]
