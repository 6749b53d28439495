"""The E-mail tab of Privacy: the texts of messages that go to one person."""

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from .email_forms import EmailTemplateForm, EmailTextForm
from .email_samples import explained
from .models import EmailTemplate, PublicPages
from .references import why_not_deleted
from .setting_forms import to_edit
from .tabs import tabs


def email(request):
    """The templates, and in which languages each has a text of its own."""
    templates = EmailTemplate.objects.prefetch_related("texts__updated_by").select_related("updated_by")
    rows = [(template, _languages(template), _last_saved(template)) for template in templates]
    context = {"rows": rows, "language": PublicPages.current().language, "tabs": tabs("privacy:email")}
    return render(request, "purposes/email.html", context)


def _languages(template):
    names = dict(settings.LANGUAGES)
    return [(text.language, names[text.language]) for text in template.texts.all()]


def _last_saved(template):
    """The template or the text of it that was saved last, by a user; None: as shipped."""
    saved = [one for one in [template, *template.texts.all()] if one.updated_by_id]
    return max(saved, key=lambda one: one.updated_at, default=None)


@transaction.atomic
def email_text(request, key, language):
    """The text of a template in one language; as shipped until somebody saves another."""
    template = to_edit(request, EmailTemplate.objects.all(), key=key)
    text = _text(template, language)
    form = EmailTextForm(request.POST or None, instance=text)
    if form.is_bound and form.is_valid():
        form.save_by(request.user)
        messages.success(request, _("The text is saved: messages in this language go out with it from now on."))
        return redirect("privacy:email_text", key, language)
    context = {
        "form": form,
        "template": template,
        "language": language,
        "fields": explained(template.fields),
        "tabs": _tabs(template, language),
        "name_form": EmailTemplateForm(instance=template),
    }
    return render(request, "purposes/email_text.html", context, status=422 if form.is_bound else 200)


def _text(template, language):
    if language not in dict(settings.LANGUAGES):
        raise Http404
    own = template.texts.select_related("updated_by").filter(language=language).first()
    return own or template.shipped(language)


def _tabs(template, here):
    """One per language; the dot marks those that have a text of their own."""
    own = set(template.texts.values_list("language", flat=True))
    return [
        {
            "url": reverse("privacy:email_text", args=[template.pk, language]),
            "label": f"{name} •" if language in own else name,
            "is_here": language == here,
        }
        for language, name in settings.LANGUAGES
    ]


@require_POST
def restore_email_text(request, key, language):
    """Take the own text away: the shipped one is sent again. What it said stays in the history."""
    text = get_object_or_404(EmailTemplate, key=key).texts.filter(language=language)
    text.delete()
    messages.success(request, _("The shipped text is back."))
    return redirect("privacy:email_text", key, language)


@transaction.atomic
def add_email_template(request):
    new = EmailTemplate(kind=EmailTemplate.Kind.PRIVACY_CONFIRMATION)
    form = EmailTemplateForm(request.POST or None, instance=new)
    if form.is_bound and form.is_valid():
        template = form.save_by(request.user)
        messages.success(request, _("The template %(name)s is there, with the shipped text.") % {"name": template})
        return redirect("privacy:email_text", template.pk, PublicPages.current().language)
    context = {"form": form, "tabs": tabs("privacy:email")}
    return render(request, "purposes/add_email_template.html", context, status=422 if form.is_bound else 200)


@require_POST
@transaction.atomic
def rename_email_template(request, key):
    template = to_edit(request, EmailTemplate.objects.select_related("updated_by"), key=key)
    form = EmailTemplateForm(request.POST, instance=template)
    if form.is_valid():
        form.save_by(request.user)
        messages.success(request, _("The template is now called %(name)s.") % {"name": template})
        return redirect("privacy:email")
    context = {"form": form, "tabs": tabs("privacy:email")}
    return render(request, "purposes/add_email_template.html", context, status=422)


@require_POST
def delete_email_template(request, key):
    template = get_object_or_404(EmailTemplate, key=key)
    if refusal := why_not_deleted(template):
        messages.error(request, refusal)
    else:
        template.delete()
        messages.success(request, _("The template %(name)s is deleted.") % {"name": template})
    return redirect("privacy:email")
