"""The steps Test and Send: to colleagues first, then to everybody, now or at a time, and how far it is."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from mailings import checks, launching, outcome, steering, steps, testing
from mailings.forms import SendForm, TestForm
from mailings.models import Mailing
from mailings.progress import Progress
from mailings.smtp import Undelivered
from mailings.steering import Refused

# ---- Test


def test(request, pk):
    mailing = steps.mailing_or_404(pk)
    form = TestForm(request.POST if request.method == "POST" else None, initial={"users": [request.user.pk]})
    if form.is_valid() and tested(request, mailing, form):
        return redirect(steps.url_of(mailing, "test"))
    return steps.page(request, mailing, "test", {"form": form}, status=422 if form.errors else 200)


def tested(request, mailing, form):
    """Whether the test went off; else the form says why not."""
    users = form.cleaned_data["users"]
    try:
        refusals = testing.send(steps.mailing_or_404(mailing.pk), users)
    except ValidationError as error:
        form.add_error(None, error)
    except Undelivered as failure:
        form.add_error(None, _("The mail server cannot be reached. It says: %(words)s") % {"words": failure.words})
    else:
        for refusal in refusals:
            form.add_error("users", _("%(address)s was refused: %(words)s") % refusal._asdict())
    if form.is_valid():
        addresses = ", ".join(user.email for user in users)
        messages.success(request, _("The test is on its way to %(addresses)s.") % {"addresses": addresses})
    return form.is_valid()


# ---- Send


def send(request, pk):
    """What would go out and what stands in its way; once it is started, how far it is."""
    mailing = steps.mailing_or_404(pk)
    if mailing.state == Mailing.State.BUILDING:
        return steps.page(request, mailing, "send", {})
    if mailing.is_before_start:
        return before_start(request, mailing, SendForm())
    return steps.page(request, mailing, "send", under_way(mailing))


def before_start(request, mailing, form, status=200):
    context = {
        "form": form,
        "obstacles": with_urls(mailing, launching.obstacles(mailing, by=request.user)),
        "warnings": [finding for finding in checks.checks(mailing) if not finding.is_error],
        "sender": mailing.from_email or settings.DEFAULT_FROM_EMAIL,
        "may_send": request.user.has_perm("mailings.send_mailing"),
    }
    try:
        context["outcome"] = outcome.of(mailing)
    except Refused as refusal:
        context["no_source"] = str(refusal)
    return steps.page(request, mailing, "send", context, status=status)


def with_urls(mailing, obstacles):
    return [
        (obstacle.sentence, obstacle.step and steps.url_of(mailing, obstacle.step), steps.STEPS.get(obstacle.step))
        for obstacle in obstacles
    ]


def confirm(request, pk):
    """Asks once, naming the number, before anything goes out."""
    mailing = steps.mailing_or_404(pk)
    form = SendForm(request.GET)
    if not mailing.is_draft:
        return redirect(steps.url_of(mailing, "send"))
    if not form.is_valid():
        return before_start(request, mailing, form, status=422)
    try:
        found = outcome.of(mailing)
    except Refused:
        return redirect(steps.url_of(mailing, "send"))
    context = {"mailing": mailing, "outcome": found, "form": form, "at": form.cleaned_data["at"]}
    return render(request, "mailings/confirm.html", context | {"workers": steering.workers_alive()})


@require_POST
def start(request, pk):
    """Start it, or schedule it, as confirmed."""
    mailing = steps.mailing_or_404(pk)
    form = SendForm(request.POST)
    if not form.is_valid():
        return before_start(request, mailing, form, status=422)
    try:
        if at := form.cleaned_data["at"]:
            launching.schedule(mailing, at, by=request.user)
            say_when(request, mailing, at)
        else:
            launching.start(mailing, by=request.user, confirmed=form.cleaned_data["expected"] or 0)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(steps.url_of(mailing, "send"))


def say_when(request, mailing, at):
    when = date_format(localtime(at), "DATETIME_FORMAT")
    messages.success(request, _("%(mailing)s will be sent %(when)s.") % {"mailing": mailing, "when": when})


@require_POST
def unschedule(request, pk):
    mailing = steps.mailing_or_404(pk)
    done = _("%(mailing)s is a draft again, and will not be sent by itself.") % {"mailing": mailing}
    return steer(request, mailing, lambda: launching.call_off(mailing), done)


@require_POST
def pause(request, pk):
    mailing = steps.mailing_or_404(pk)
    done = _("%(mailing)s is paused. Messages being handed over at this moment still go out.") % {"mailing": mailing}
    return steer(request, mailing, lambda: paused(mailing), done)


def paused(mailing):
    steering.pause(mailing)
    mailing.refresh_from_db()
    if mailing.state != Mailing.State.PAUSED:
        raise Refused(_("It is not being sent at the moment."))


@require_POST
def resume(request, pk):
    mailing = steps.mailing_or_404(pk)
    return steer(request, mailing, lambda: steering.resume(mailing), _("%s goes on.") % mailing)


def cancel(request, pk):
    """GET asks once more; POST sends to nobody else."""
    mailing = steps.mailing_or_404(pk)
    if request.method != "POST":
        return render(request, "mailings/cancel.html", {"mailing": mailing, "progress": Progress.of(mailing)})
    done = _("%(mailing)s was cancelled. Nobody else receives it.") % {"mailing": mailing}
    return steer(request, mailing, lambda: steering.cancel(mailing), done)


@require_POST
def send_again(request, pk):
    """To those whose message failed, or of whom nobody knows; each is judged anew."""
    mailing = steps.mailing_or_404(pk)
    done = _("It goes again to those who did not get it for certain, if they may still receive it.")
    return steer(request, mailing, lambda: steering.send_again(mailing, by=request.user), done)


def steer(request, mailing, action, done):
    try:
        action()
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect(steps.url_of(mailing, "send"))


# ---- under way


def under_way(mailing):
    progress = Progress.of(mailing)
    return {
        "progress": progress,
        "is_under_way": mailing.state == Mailing.State.SENDING,
        "over": mailing.state in (Mailing.State.SENT, Mailing.State.CANCELLED),
    }


def building(request, pk):
    """Asked again and again while the list is made: then the page is loaded anew, whichever step it shows."""
    mailing = steps.mailing_or_404(pk)
    return HttpResponse(status=204) if mailing.state == Mailing.State.BUILDING else HttpResponseClientRefresh()


def progress(request, pk):
    """The part of the page that renews itself while the mailing goes out."""
    mailing = steps.mailing_or_404(pk)
    context = {"mailing": mailing, "workers": steering.workers_alive, **under_way(mailing)}
    return render(request, "mailings/_progress_part.html", context)
