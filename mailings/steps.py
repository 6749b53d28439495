"""A mailing's page: five steps that can be visited in any order, one tab each."""

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mailings import steering
from mailings.models import Mailing

STEPS = {
    "setup": _("Setup"),
    "content": _("Content"),
    "recipients": _("Recipients"),
    "test": _("Test"),
    "send": _("Send"),
}


def mailing_or_404(pk):
    return get_object_or_404(mailings(), pk=pk)


def to_edit(request, pk):
    """The mailing to fill a StepForm with. Call it in a transaction: nobody else saves it meanwhile."""
    is_saved = request.method == "POST"
    found = mailings().select_for_update(of=["self"], no_key=True) if is_saved else mailings()
    return get_object_or_404(found, pk=pk)


def mailings():
    return Mailing.objects.select_related("type", "purpose", "started_by", "override_by")


def may_edit(request, mailing):
    """Whether this user may change what it says and whom it is for: only while it is a draft."""
    return mailing.is_draft and request.user.has_perm("mailings.change_mailing")


def page(request, mailing, step, context, status=200):
    """The page of one step, from its template."""
    context = {
        "mailing": mailing,
        "tabs": tabs(mailing, step),
        "next_step": step_after(step),
        "may_edit": may_edit(request, mailing),
        "workers": steering.workers_alive,
    } | context
    return render(request, f"mailings/{step}.html", context, status=status)


def tabs(mailing, here):
    labels = {step: f"{number}. {label}" for number, (step, label) in enumerate(STEPS.items(), 1)}
    if not mailing.is_before_start:
        labels["report"] = gettext("Report")
    return [{"url": url_of(mailing, step), "label": label, "is_here": step == here} for step, label in labels.items()]


def url_of(mailing, step):
    return reverse(f"mailings:{step}", args=[mailing.pk])


def step_after(step):
    """The next step as name and label; nothing after the last."""
    steps = list(STEPS)
    following = steps[steps.index(step) + 1 :] if step in STEPS else []
    return (following[0], STEPS[following[0]]) if following else None


def url_after(request, mailing, step):
    """Where a saved step leads: to the next one when the button says so, else it stays."""
    following = step_after(step)
    return url_of(mailing, following[0] if following and "next" in request.POST else step)
