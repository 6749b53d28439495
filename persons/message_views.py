"""Sending one person a message, from their page: the way to their own page, or to come back (rules 3, 4.3)."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from persons import singles
from persons.confirming import Item, pending_of
from persons.models import SingleMessage
from persons.singles import Asked
from persons.verdict import Code
from persons.views import person_or_404
from purposes.models import EMARKETING, EmailTemplate, Purpose, SubscriptionType, Wording

KINDS = {
    "preference-link": EmailTemplate.Kind.PREFERENCE_LINK,
    "privacy-confirmation": EmailTemplate.Kind.PRIVACY_CONFIRMATION,
}
MATTERS = {"purpose": Purpose, "type": SubscriptionType}
WAYS_ON = {
    Code.NO_ADDRESS: gettext_lazy("Add a valid one under Edit person."),
    Code.BOUNCED: gettext_lazy("If it is right, unblock it under Blocked addresses."),
    Code.SUPPRESSED: gettext_lazy("It can ask for mail again itself, on one of your public pages."),
}


@require_POST
def send_message(request, pk, kind):
    """Send preference link, and Send privacy confirmation."""
    person = person_or_404(pk)
    if kind not in KINDS:
        raise Http404
    say(request, person, singles.send(KINDS[kind], person, by=request.user))
    return redirect(person)


@require_POST
def send_confirmation_link(request, pk, kind, key):
    """Staff's way back after a stop: the person confirms by the link, and it counts as their own (rules 4.3)."""
    person = person_or_404(pk)
    if kind not in MATTERS:
        raise Http404
    about = get_object_or_404(MATTERS[kind].objects.active(), pk=key)
    if not person.address:
        messages.error(request, _("Not sent: %(person)s has no valid e-mail address.") % {"person": person})
        return redirect(person)
    language = singles.language_of(person)
    wording = Wording.objects.latest_of(about.pk if kind == "purpose" else EMARKETING, language)
    pending = pending_of(person, [Item(about, wording)], language)
    message, asked = singles.ask_to_confirm(pending, by=request.user, is_public=False)
    if asked in (Asked.SENT, Asked.HELD_BACK):
        say(request, person, message)
    else:
        say_of_today(request, person, asked)
    return redirect(person)


def say(request, person, message: SingleMessage):
    names = {"message": message.title, "address": person.email, "person": person}
    if message.state == SingleMessage.State.WAITING:
        messages.success(request, _("%(message)s is on its way to %(address)s.") % names)
        return
    names["reason"] = Code(message.code).label
    told = _("%(message)s was not sent: %(reason)s.") % names
    messages.error(request, f"{told} {WAYS_ON.get(Code(message.code), '')}".strip())


def say_of_today(request, person, asked):
    names = {"address": person.email}
    if asked == Asked.ADDED:
        text = _("A confirmation link went to %(address)s today; it now confirms this as well.")
    else:
        text = _("A confirmation link went to %(address)s today. One a day is all: try again tomorrow.")
    messages.info(request, text % names)
