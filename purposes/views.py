"""The Consent tab of Privacy, and the register of processing."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import escape

from .forms import PrivacySettingsForm
from .kinds import PURPOSES
from .list_views import listed
from .models import LegalBasis, PrivacySettings, PublicPages, Purpose
from .setting_forms import to_edit


@transaction.atomic
def consent(request: HttpRequest) -> HttpResponse:
    """The purposes, and below them the settings of consent with one Save."""
    settings = to_edit(request, PrivacySettings.objects.select_related("updated_by"), id=1)
    form = PrivacySettingsForm(request.POST or None, instance=settings)
    if form.is_bound and form.is_valid():
        form.save_by(request.user)
        messages.success(request, form.changes())
        return redirect("privacy:consent")
    context = listed(request, PURPOSES) | {"form": form}
    return render(request, PURPOSES.template, context, status=422 if form.is_bound else 200)


def register(request: HttpRequest) -> HttpResponse:
    """What GDPR article 30 wants on record, over all purposes, inactive ones too; made to be printed."""
    purposes = Purpose.objects.select_related("updated_by").prefetch_related("accepted_bases")
    context = {
        "purposes": purposes.order_by("-is_active", "position", "pk"),
        "company": PublicPages.current().company_name,
    }
    return render(request, "purposes/register.html", context)


def basis_rights(request: HttpRequest) -> HttpResponse:
    """The line of help under a chosen legal basis, as a part of a page."""
    basis = LegalBasis.objects.filter(pk=request.GET.get("basis", "")).first()
    return HttpResponse(escape(basis.explained if basis else LegalBasis.NOT_CHOSEN))
