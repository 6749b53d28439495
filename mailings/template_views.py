"""Beginning a mailing with something there is: templates, and copies of mailings."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mailings import copying, steps
from mailings.content_forms import TemplateForm
from mailings.models import MailingTemplate


def template_list(request: HttpRequest) -> HttpResponse:
    templates = MailingTemplate.objects.select_related("created_by")
    return render(request, "mailings/templates.html", {"templates": templates})


def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the content of a mailing under a name."""
    mailing = steps.mailing_or_404(pk)
    user: Any = request.user
    template = MailingTemplate(created_by=user, **copying.content_of(mailing))
    form = TemplateForm(
        request.POST if request.method == "POST" else None, instance=template, initial={"name": mailing.name}
    )
    if form.is_valid():
        form.save()
        messages.success(request, _("The content is kept as the template %(name)s.") % {"name": template})
        return redirect("mailings:templates")
    context = {"form": form, "mailing": mailing}
    return render(request, "mailings/keep_as_template.html", context, status=422 if form.errors else 200)


def rename(request: HttpRequest, pk: int) -> HttpResponse:
    template = get_object_or_404(MailingTemplate, pk=pk)
    before = template.name
    form = TemplateForm(request.POST if request.method == "POST" else None, instance=template)
    if form.is_valid():
        form.save()
        messages.success(request, _("%(before)s is now called %(name)s.") % {"before": before, "name": template})
        return redirect("mailings:templates")
    context = {"form": form, "before": before}
    return render(request, "mailings/rename_template.html", context, status=422 if form.errors else 200)


def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks first. Mailings that began with it keep their content."""
    template = get_object_or_404(MailingTemplate, pk=pk)
    if request.method == "POST":
        template.delete()
        messages.success(request, _("The template %(name)s was deleted.") % {"name": template})
        return redirect("mailings:templates")
    return render(request, "mailings/delete_template.html", {"template": template})


@require_POST
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    template = get_object_or_404(MailingTemplate, pk=pk)
    return redirect(copying.from_template(template, by=request.user))


@require_POST
def duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    copy = copying.duplicate(steps.mailing_or_404(pk), by=request.user)
    messages.success(request, _("This is a copy: a draft of its own, with the same content and sources."))
    return redirect(copy)
