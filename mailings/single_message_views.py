"""A single message to look at, and to have sent to oneself."""

from smtplib import SMTPException

from csp.constants import SELF
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from mailings.showing import as_a_page
from mailings.single_messages import our_company
from mailings.single_messages import render as rendered
from purposes.email_samples import MEANINGS
from purposes.models import EmailTemplate, EmailText


@xframe_options_sameorigin
@as_a_page(framed_by=SELF)
def preview(request, key, language):
    """The text as saved; POST: as it stands in the form, which saves nothing."""
    text = _text(key, language)
    if request.method == "POST":
        written = {name: request.POST.get(name, "") for name in ("subject", "body")}
        text = EmailText(template=text.template, language=language, **written)
    refused = []
    try:
        text.clean()
    except ValidationError as error:
        refused = error.messages
    context = {"message": None if refused else rendered(text, _sample()), "refused": refused, "language": language}
    return render(request, "mailings/single_message.html", context)


@require_POST
def test(request, key, language):
    """Send the saved text to the user's own address (rules 3: a test is in no count)."""
    message = rendered(_text(key, language), _sample())
    mail = EmailMultiAlternatives(
        subject=_("[Test] %(subject)s") % {"subject": message.subject},
        body=message.text,
        to=[request.user.email],
        headers={"Auto-Submitted": "auto-generated"},  # RFC 3834
        alternatives=[(message.html, "text/html")],
    )
    try:
        mail.send()
        messages.success(request, _("The test is on its way to %(address)s.") % {"address": request.user.email})
    except (OSError, SMTPException) as error:
        messages.error(request, _("The mail server did not take it: %(error)s") % {"error": error})
    return redirect("privacy:email_text", key, language)


def _text(key, language):
    if language not in dict(settings.LANGUAGES):
        raise Http404
    template = get_object_or_404(EmailTemplate, key=key)
    return template.texts.filter(language=language).first() or template.shipped(language)


def _sample():
    """An invented person, with links that lead to a page which says that they are not in use."""
    link = settings.SITE_URL.rstrip("/") + reverse("preferences", args=["sample"])
    links = {"preferences_url": link, "confirm_url": link, "our_company": our_company()}
    return {name: meaning.example for name, meaning in MEANINGS.items()} | links


urlpatterns = [
    path("<str:key>/<str:language>/preview/", preview, name="preview"),
    path("<str:key>/<str:language>/test/", test, name="test"),
]
