"""The person's own pages: no sign-in, no cookie, no redirect (rules 5.1, RFC 8058 section 3)."""

from contextlib import AbstractContextManager, nullcontext

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from persons import leaving, links, renewing, shown
from persons import preferences as own
from persons.leaving import Scope
from persons.ledger import Recorder
from persons.models import Door, LinkToken
from purposes.models import EMARKETING

ALL_MARKETING = Scope("", purpose_id=EMARKETING)
TEXT_CHANGED = gettext_lazy("The text has changed meanwhile; please read it again.")
ONE_CLICK = "List-Unsubscribe"  # the field that mail programs send, with the value One-Click


@csrf_exempt  # the token is the secret, and mail programs have no cookie (RFC 8058 section 3.1)
@never_cache
@require_http_methods(["GET", "HEAD", "OPTIONS", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """The page with one button per scope; POST acts, by button or by one click. Anything else changes nothing."""
    link = links.read(token)
    if request.method == "POST" and ONE_CLICK in request.POST:
        return _left_at_once(link)
    if link is None:
        return render(request, "public/unknown_link.html")
    with _language_of(link):
        if request.method != "POST":
            return render(request, "public/unsubscribe.html", {"token": token, **_offered(link)})
        scope = _chosen(request, link)
        if scope:
            leaving.leave(link, scope, by=Recorder(door=Door.LINK))
        return render(request, "public/unsubscribed.html", {"token": token, "scope": scope, **_shown(link)})


def _left_at_once(link: LinkToken | None) -> HttpResponse:
    """A mail program has asked, and reads the status alone. The same for links that nobody knows any more."""
    if link:
        leaving.one_click(link, by=Recorder(door=Door.ONE_CLICK))
    return HttpResponse("OK\n", content_type="text/plain")


@csrf_exempt  # the token is the secret; a cookie would be the only thing kept in the browser
@never_cache
@require_http_methods(["GET", "HEAD", "OPTIONS", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """What comes, what we hold and why. POST turns something off; anything else changes nothing."""
    link = links.read(token)
    if link is None:
        return render(request, "public/unknown_link.html")
    with _language_of(link):
        context = {"token": token} | (_done(request, link) if request.method == "POST" else {})
        if not own.is_about(link):
            return render(request, "public/stop_only.html", context)
        address = masked(link.person.address) if link.person.address else ""
        context |= {"address": address, "own": own.of(link.person)}
        return render(request, "public/preferences.html", context, status=422 if "text_changed" in context else 200)


@csrf_exempt  # the token is the secret; a cookie would be the only thing kept in the browser
@never_cache
@require_http_methods(["GET", "HEAD", "OPTIONS", "POST"])
def asked_again(request: HttpRequest, token: str) -> HttpResponse:
    """The page of a mailing that asks whether we may go on. POST answers; anything else changes nothing."""
    link = links.read(token)
    if link is None:
        return render(request, "public/unknown_link.html")
    with _language_of(link):
        if not own.is_about(link) or not link.person.address:
            return render(request, "public/stop_only.html", {"token": token})
        question = renewing.question()
        context = {"token": token, "address": masked(link.person.address), "question": question}
        context["seen"] = shown.digest([question])
        if request.POST.get("answer") == "yes" and request.POST.get("seen", "") != context["seen"]:
            return render(request, "public/asked_again.html", context | {"text_changed": TEXT_CHANGED}, status=422)
        return render(request, "public/asked_again.html", context | _answered(request, link))


def _answered(request: HttpRequest, link: LinkToken) -> dict:
    """What the yes or the no has done."""
    answer, by = request.POST.get("answer"), Recorder(door=Door.LINK)
    if answer == "no":
        leaving.leave(link, ALL_MARKETING, by=by)
        return {"stopped": True}
    if answer != "yes":
        return {}
    if renewing.renew(link, by=by):
        return {"renewed": True}
    return {"asked": own.start(link, ALL_MARKETING.value) is not None}


def _done(request: HttpRequest, link: LinkToken) -> dict:
    """What the button that was pressed has done, for the page to say."""
    if "ask" in request.POST:
        return {"is_passed_on": own.ask_to_stop(link), "was_asked": True}
    if "start" in request.POST:
        if own.of(link.person).seen != request.POST.get("seen", ""):
            return {"text_changed": TEXT_CHANGED}
        scope, asked = own.start(link, request.POST["start"]) or (None, None)
        return {"started": scope, "asked": asked and asked.name, "was_asked": True}
    return {"stopped": own.stop(link, request.POST.get("stop", ""), by=Recorder(door=Door.LINK)), "was_asked": True}


def _language_of(link: LinkToken) -> AbstractContextManager:
    """The person's language where the link may show anything of them, else the message's, else the browser's."""
    known = [link.person.language if own.is_about(link) else "", link.language]
    return spoken(*known)


def spoken(*languages: str) -> AbstractContextManager:
    """Speaks the first of the languages that is one of ours; the browser's where none is."""
    ours = [language for language in languages if language in dict(settings.LANGUAGES)]
    return translation.override(ours[0]) if ours else nullcontext()


def _chosen(request: HttpRequest, link: LinkToken) -> Scope | None:
    """The scope of the button, else what one click ends: also for a POST whose body says nothing we know."""
    offered = {scope.value: scope for scope in leaving.scopes(link)}
    return offered.get(request.POST.get("scope", "")) or Scope.of(link)


def _shown(link: LinkToken) -> dict:
    """A link to an address that is no longer the person's shows nothing of the person (rules 4.13)."""
    address = link.person.address
    return {"address": masked(address) if address and own.is_about(link) else "", "scopes": leaving.scopes(link)}


def _offered(link: LinkToken) -> dict:
    """What the page says has stopped, and what is left to stop: no single type where all e-marketing has stopped."""
    stopped = leaving.already_stopped(link) if own.is_about(link) else []
    is_all = any(scope.purpose_id == EMARKETING for scope in stopped)
    left = [scope for scope in leaving.scopes(link) if scope not in stopped and not (is_all and scope.type_id)]
    return _shown(link) | {"stopped": stopped, "scopes": left}


def masked(address: str) -> str:
    """Enough of an address for its owner to know it."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}•••@{domain}"
