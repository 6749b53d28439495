"""The pages under Privacy."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from .forms import NewPurposeForm, PrivacySettingsForm, PurposeForm
from .models import LegalBasis, PrivacySettings, Purpose
from .setting_forms import to_edit


@transaction.atomic
def consent(request):
    settings = to_edit(request, PrivacySettings.objects.select_related("updated_by"), id=1)
    form = PrivacySettingsForm(request.POST or None, instance=settings)
    if form.is_bound and form.is_valid():
        form.save_by(request.user)
        messages.success(request, form.changes())
        return redirect("privacy:consent")
    return page(request, "purposes/consent.html", form, purposes=listed_purposes(request))


def listed_purposes(request):
    """Active ones, and the others when they are asked for."""
    purposes = Purpose.objects.select_related("updated_by").prefetch_related("accepted_bases")
    return purposes if "inactive" in request.GET else purposes.active()


def add_purpose(request):
    last = Purpose.objects.aggregate(Max("position"))["position__max"]
    purpose = Purpose(position=last + 1)
    return edit(request, NewPurposeForm(request.POST or None, instance=purpose), "purposes/add_purpose.html")


@transaction.atomic
def purpose(request, key):
    purpose = to_edit(request, Purpose.objects.select_related("updated_by"), key=key)
    return edit(request, PurposeForm(request.POST or None, instance=purpose), "purposes/purpose.html")


def edit(request, form, template):
    if form.is_bound and form.is_valid():
        purpose = form.save_by(request.user)
        messages.success(request, _("The purpose %(name)s is saved.") % {"name": purpose})
        return redirect("privacy:consent")
    return page(request, template, form, purpose=form.instance)


def deactivate_purpose(request, key):
    """GET shows what it would mean, POST does it; what the rules forbid is said in their words (rules 4.9)."""
    purpose = get_object_or_404(Purpose.objects.active(), key=key)
    refusal = refusal_to_deactivate(purpose)
    if request.method == "POST" and not refusal:
        set_active(purpose, False, request.user)
        messages.success(request, _("%(name)s is now inactive.") % {"name": purpose})
        return redirect("privacy:consent")
    status = 422 if request.method == "POST" else 200
    context = {"purpose": purpose, "refusal": refusal, "tabs": tabs()}
    return render(request, "purposes/deactivate_purpose.html", context, status=status)


def refusal_to_deactivate(purpose):
    purpose.is_active = False
    try:
        purpose.full_clean()
    except ValidationError as refused:
        return " ".join(refused.messages)
    return ""


@require_POST
def restore_purpose(request, key):
    purpose = get_object_or_404(Purpose, key=key)
    set_active(purpose, True, request.user)
    messages.success(request, _("%(name)s is now active.") % {"name": purpose})
    return redirect("privacy:consent")


def set_active(purpose, is_active, user):
    purpose.is_active, purpose.updated_by = is_active, user
    purpose.save()


def basis_rights(request):
    """The line of help under a chosen legal basis, as a part of a page."""
    basis = LegalBasis.objects.filter(pk=request.GET.get("basis", "")).first()
    return HttpResponse(escape(basis.explained if basis else LegalBasis.NOT_CHOSEN))


def page(request, template, form, **context):
    status = 422 if form.is_bound else 200
    return render(request, template, {"form": form, "tabs": tabs(), **context}, status=status)


def tabs():
    return [{"url": reverse("privacy:consent"), "label": _("Consent"), "is_here": True}]
