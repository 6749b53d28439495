"""What people are shown when they are asked: per language, version after version."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from .differences import differences
from .models import Purpose, Wording
from .references import what_refers_to
from .setting_forms import to_edit
from .wording_forms import TEXTS, AskAgainForm, WordingForm


@transaction.atomic
def wording(request: HttpRequest, key: str, language: str) -> HttpResponse:
    """The texts in one language as they are shown today. The purpose is locked while they are saved: one after the
    other makes the next version, and no answer comes to rest on a text that is being changed."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    purpose = to_edit(request, Purpose.objects.all(), key=key)
    versions = list(versions_of(purpose, language))
    latest = versions[0] if versions else Wording(purpose=purpose, language=language, number=1)
    form = WordingForm(request.POST or None, instance=latest, is_frozen=bool(versions and what_refers_to(latest)))
    if form.is_bound and form.is_valid():
        messages.success(request, save(form, request.user))
        return redirect("privacy:purpose", key=key)
    context = {"purpose": purpose, "wording": latest, "older": versions[1:], "form": form}
    return render(request, "purposes/wording.html", context, status=422 if form.is_bound else 200)


def versions_of(purpose: Purpose, language: str) -> Any:
    return purpose.wordings.filter(language=language).select_related("created_by", "purpose").order_by("-number")


def save(form: WordingForm, user: Any) -> str:
    """Save what is valid; what was done, as a sentence."""
    if form.is_as_before():
        return _("Nothing was changed.")
    saved = form.save_by(user)
    facts = {"language": saved.get_language_display(), "number": saved.number}
    if not form.is_frozen:
        return _("The wording in %(language)s is saved.") % facts
    return _("Version %(number)d of the wording in %(language)s is shown from now on.") % facts


@transaction.atomic
def version(request: HttpRequest, pk: int) -> HttpResponse:
    """One version, beside another one; and by when whoever said yes to it has to be asked again."""
    shown = to_edit(request, Wording.objects.select_related("purpose", "created_by"), pk=pk)
    versions = list(versions_of(shown.purpose, shown.language))
    if request.method == "POST" and shown == versions[0]:
        raise Http404
    form = AskAgainForm(request.POST if request.method == "POST" else None, instance=shown)
    if form.is_bound and form.is_valid():
        form.save_by(request.user)
        messages.success(request, _("Saved."))
        return redirect("privacy:version", pk=pk)
    other = compared_with(request, shown, versions)
    context = {"wording": shown, "versions": versions, "other": other, "form": form}
    context |= {"texts": compared(shown, other), "latest": versions[0]}
    return render(request, "purposes/version.html", context, status=422 if form.is_bound else 200)


def compared_with(request: HttpRequest, shown: Wording, versions: list[Wording]) -> Wording:
    """The one asked for, else the next newer one, else the one before."""
    asked = request.GET.get("with", "")
    numbered = {str(one.number): one for one in versions}
    near = [shown.number + 1, shown.number - 1, shown.number]
    return numbered.get(asked) or next(numbered[str(number)] for number in near if str(number) in numbered)


def compared(one: Wording, other: Wording) -> list[tuple[Any, Any]]:
    """Field by field, from the older of the two to the newer."""
    older, newer = sorted([one, other], key=lambda wording: wording.number)
    labels = WordingForm.base_fields
    return [(labels[name].label, differences(getattr(older, name), getattr(newer, name))) for name in TEXTS]


@transaction.atomic
def delete_version(request: HttpRequest, pk: int) -> HttpResponse:
    """GET asks, POST deletes a version that nothing rests on."""
    wording = to_edit(request, Wording.objects.select_related("purpose"), pk=pk)
    refusal = _("Answers rest on this wording: it is frozen.") if what_refers_to(wording) else ""
    if request.method == "POST" and not refusal:
        wording.delete()
        messages.success(request, _("The version is deleted."))
        return redirect("privacy:purpose", key=wording.purpose_id)
    context = {"wording": wording, "refusal": refusal}
    return render(request, "purposes/delete_version.html", context, status=422 if request.method == "POST" else 200)
