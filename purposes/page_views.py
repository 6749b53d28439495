"""The Pages tab of Privacy: whose the public pages are, and what they look like."""

import base64
import mimetypes

from csp.constants import SELF
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from .colours import HEX
from .look import Look, style
from .models import PublicPages, PublicText
from .page_forms import PublicPagesForm, PublicTextForm
from .setting_forms import to_edit
from .tabs import tabs


@transaction.atomic
def pages(request):
    public_pages = to_edit(request, PublicPages.objects.select_related("updated_by"), id=1)
    form = PublicPagesForm(request.POST or None, request.FILES or None, instance=public_pages)
    if form.is_bound and form.is_valid():
        form.save_by(request.user)
        messages.success(request, _("Saved: the public pages look like this from now on."))
        return redirect("privacy:pages")
    own = {text.language for text in PublicText.objects.all() if text.says_something}
    context = {
        "form": form,
        "languages": [(language, name, language in own) for language, name in settings.LANGUAGES],
        "tabs": tabs("privacy:pages"),
    }
    return render(request, "purposes/pages.html", context, status=422 if form.is_bound else 200)


@transaction.atomic
def page_text(request, language):
    """The texts in one language. Who writes the first waits for nobody: the row of the pages is locked."""
    demand(language)
    to_edit(request, PublicPages.objects.all(), id=1)
    own = PublicText.objects.select_related("updated_by").filter(language=language).first()
    form = PublicTextForm(request.POST or None, instance=own or PublicText(language=language))
    if form.is_bound and form.is_valid():
        form.save_by(request.user)
        messages.success(request, _("The texts are saved."))
        return redirect("privacy:page_text", language)
    context = {"form": form, "language": language, "tabs": _languages(language)}
    return render(request, "purposes/page_text.html", context, status=422 if form.is_bound else 200)


def demand(language):
    if language not in dict(settings.LANGUAGES):
        raise Http404


def _languages(here):
    return [
        {"url": reverse("privacy:page_text", args=[language]), "label": name, "is_here": language == here}
        for language, name in settings.LANGUAGES
    ]


class Sample(Look):
    """The look as it would be with what stands in a form."""

    def __init__(self, pages, text, logo=None):
        self.pages, self.text, self.new_logo = pages, text, logo

    @property
    def logo_url(self):
        if self.new_logo:
            kind = mimetypes.guess_type(self.new_logo.name)[0]
            return f"data:{kind};base64,{base64.b64encode(self.new_logo.read()).decode()}"
        return super().logo_url

    @property
    def style_url(self):
        colours = {"light": self.pages.accent, "dark": self.pages.accent_on_dark}
        return f"{reverse('privacy:sample_style')}?{urlencode(colours)}"


@xframe_options_sameorigin
@csp_replace({"frame-ancestors": [SELF], "sandbox": ["allow-same-origin"]})  # type: ignore[arg-type]  # its types know no such arguments
def sample(request, language):
    """A public page of an invented person, as saved; POST: with what stands in a form, which saves nothing."""
    demand(language)
    public_pages = PublicPages.current()
    text = public_pages.in_language(language)
    form = _form(request, public_pages, text)
    if form and not form.is_valid():
        return render(request, "purposes/sample_refused.html", {"form": form}, status=200)
    with translation.override(language):
        look = Sample(public_pages, text, form and form.cleaned_data.get("new_logo"))
        return render(request, "public/sample.html", {"look": look})


def _form(request, public_pages, text):
    """The form that was sent: of the texts where it says something about them, else of the look."""
    if request.method != "POST":
        return None
    if "heading" in request.POST:
        return PublicTextForm(request.POST, instance=text)
    return PublicPagesForm(request.POST, request.FILES, instance=public_pages)


def sample_style(request):
    """The colours of a sample that is not saved."""
    light, dark = (request.GET.get(name, "") for name in ("light", "dark"))
    if not (HEX.match(light) and HEX.match(dark)):
        raise Http404
    return HttpResponse(style(light, dark), content_type="text/css; charset=utf-8")
