"""Caught mail: what the trial would have sent, with links that work. There is no such page outside the trial."""

import http.client
from functools import wraps

from csp.constants import SELF
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from mailings.showing import as_a_page

from . import caught

PAGE_SIZE = 50
SHOWN_AS = ("html", "text", "headers")


def in_the_trial(view):
    @wraps(view)
    def only_there(request, **arguments):
        if not settings.TRIAL:
            raise Http404
        try:
            return view(request, **arguments)
        except caught.NoSuchMessage as error:
            raise Http404 from error

    return only_there


@require_safe
@in_the_trial
def message_list(request):
    page = Paginator(caught.names(), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "caught": caught.read_all(list(page)),
        "count": page.paginator.count,
        "previous_url": f"?page={page.previous_page_number()}" if page.has_previous() else "",
        "next_url": f"?page={page.next_page_number()}" if page.has_next() else "",
    }
    return render(request, "caught/list.html", context)


@require_safe
@in_the_trial
def message(request, name):
    found = caught.read(name)
    offered = [kind for kind in SHOWN_AS if getattr(found, kind)]
    shown_as = request.GET.get("as")
    shown_as = shown_as if shown_as in offered else offered[0]
    labels = {"html": _("Message"), "text": _("As text"), "headers": _("Headers")}
    tabs = [{"url": f"?as={kind}", "label": labels[kind], "is_here": kind == shown_as} for kind in offered]
    return render(request, "caught/message.html", {"caught": found, "shown_as": shown_as, "tabs": tabs})


@require_safe
@xframe_options_sameorigin
@as_a_page(framed_by=SELF)
@in_the_trial
def body(request, name):
    return render(request, "caught/body.html", {"caught": caught.read(name)})


@require_POST
@in_the_trial
def one_click(request, name):
    """What the button of a mail program does; whatever comes of it is said on the page of the message."""
    try:
        status = caught.click_once(caught.read(name).one_click_url)
    except caught.NotOurs:
        messages.error(request, _("The link in this message does not lead to this site: nothing was sent."))
    except (OSError, http.client.HTTPException) as error:
        messages.error(request, _("Nobody answered at the link of this message: %(error)s") % {"error": error})
    else:
        words = _("The one-click request was sent, as a mail program would. The answer: %(status)s.")
        messages.success(request, words % {"status": status})
    return redirect(reverse("caught:message", kwargs={"name": name}))


urlpatterns = [
    path("", message_list, name="list"),
    path("<str:name>/", message, name="message"),
    path("<str:name>/body/", body, name="body"),
    path("<str:name>/one-click/", one_click, name="one_click"),
]
