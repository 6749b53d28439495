"""The step Content: what the message says, what it looks like at the other end, and what is wrong with it."""

from dataclasses import dataclass
from functools import wraps
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from mailings import images, showing, steps, writing
from mailings.checks import checks
from mailings.content_forms import ContentForm, ImageForm, PreviewForm
from mailings.merge_fields import LABELS
from mailings.models import HostedImage, Mailing
from mailings.showing import Shown
from mailings.steering import Refused
from mailings.writing import Outdated
from persons.filters import search
from persons.models import Person

HITS = 8
IMAGES_SHOWN = 24


def as_whole_document(view):
    """Decorator of a page that the browser has to load anew: its content policy is another than that of the others."""

    @wraps(view)
    def loaded(request: Any, *args: Any, **arguments: Any) -> HttpResponseBase:
        if request.method == "GET" and request.htmx.boosted and request.htmx.target == "page":
            return HttpResponseClientRedirect(request.get_full_path())
        return csp_update({"frame-src": [SELF], "img-src": ["https:", settings.SITE_URL]})(view)(
            request, *args, **arguments
        )

    return loaded


@as_whole_document
def content(request: HttpRequest, pk: int) -> HttpResponse:
    """The body is saved as one goes. Where somebody else has saved meanwhile, both are shown and nothing is saved."""
    mailing = steps.mailing_or_404(pk)
    form = ContentForm(
        request.POST if request.method == "POST" else None,
        instance=mailing,
        is_open=steps.may_edit(request, mailing),
    )
    outdated = None
    if form.is_bound and form.is_valid():
        try:
            writing.save(mailing, **form.written())
            return redirect(after_saving(request, mailing))
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect(steps.url_of(mailing, "content"))
        except Outdated as refusal:
            outdated = refusal
    return shown(request, steps.mailing_or_404(pk), form, outdated=outdated)


def after_saving(request: HttpRequest, mailing: Mailing) -> str:
    """On to the next step, or back to the page with its preview as it was."""
    if "next" in request.POST:
        return steps.url_after(request, mailing, "content")
    asked = {name: request.POST[name] for name in ("person", "as") if request.POST.get(name)}
    return f"{steps.url_of(mailing, 'content')}?{urlencode(asked)}" if asked else steps.url_of(mailing, "content")


def shown(
    request: HttpRequest,
    mailing: Mailing,
    form: ContentForm,
    *,
    outdated: Outdated | None = None,
    image_form: ImageForm | None = None,
) -> HttpResponse:
    is_refused = form.errors or outdated or (image_form and image_form.errors)
    context = {
        "form": form,
        "outdated": outdated,
        "is_source": mailing.body_kind == Mailing.BodyKind.SOURCE,
        "fields": LABELS,
        "findings": checks(mailing),
        "images": HostedImage.objects.all()[:IMAGES_SHOWN],
        "image_form": image_form or ImageForm(),
        "preview": Preview(request, mailing),
    }
    return steps.page(request, mailing, "content", context, status=422 if is_refused else 200)


@require_POST
@as_whole_document
def add_image(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep an image, to be put into the body of this mailing or any other."""
    mailing = steps.mailing_or_404(pk)
    form = ImageForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            images.keep(form.cleaned_data["file"], alt=form.cleaned_data["alt"], by=request.user)
            return redirect(steps.url_of(mailing, "content"))
        except ValidationError as refusal:
            form.add_error("file", refusal)
    content_form = ContentForm(instance=mailing, is_open=steps.may_edit(request, mailing))
    return shown(request, mailing, content_form, image_form=form)


def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """From the editor to HTML source or back: says first what is lost."""
    mailing = steps.mailing_or_404(pk)
    if request.method == "POST":
        try:
            writing.switch(mailing, seen=mailing.content_version)
        except (Refused, Outdated):
            messages.error(request, _("Nothing was changed: the content can no longer be changed, or just was."))
        return redirect(steps.url_of(mailing, "content"))
    is_source = mailing.body_kind == Mailing.BodyKind.SOURCE
    return render(request, "mailings/switch.html", {"mailing": mailing, "is_source": is_source})


# ---- the preview


@dataclass
class Preview:
    """What the part of the page shows that is the message as one person gets it."""

    request: HttpRequest
    mailing: Mailing

    @cached_property
    def form(self) -> PreviewForm:
        return PreviewForm(self.request.POST if self.request.method == "POST" else self.request.GET)

    @cached_property
    def asked(self) -> dict[str, Any]:
        return self.form.asked()

    @cached_property
    def person(self) -> Person | None:
        return chosen(self.request, self.asked["person"])

    @cached_property
    def hits(self) -> list[Person]:
        """The persons that are found by the search; none without the right to see them."""
        if not self.asked["q"] or not self.request.user.has_perm("persons.view_person"):
            return []
        found = search(Person.objects.kept().select_related("company"), self.asked["q"])
        return list(found.order_by("last_name", "first_name", "id")[:HITS])

    @cached_property
    def message(self) -> Shown | None:
        """None while there is nothing that could be sent; the checks say why."""
        try:
            return showing.preview(self.mailing, self.person)
        except ValidationError:
            return None

    @property
    def letter_query(self) -> str:
        person = {"person": self.person.pk} if self.person else {}
        return urlencode(person | {"version": self.mailing.content_version})

    @property
    def choices(self) -> list[dict[str, Any]]:
        """The ways to look at it, as links."""
        labels = {"desktop": _("Desktop"), "mobile": _("Telephone"), "text": _("As text")}
        return [
            {"url": self.link(as_=kind), "label": label, "is_here": kind == self.asked["as"]}
            for kind, label in labels.items()
        ]

    def link(self, **asked: Any) -> str:
        here: dict[str, Any] = {"person": self.person.pk if self.person else "", "as": self.asked["as"]}
        here |= {name.rstrip("_"): value for name, value in asked.items()}
        return "?" + urlencode({name: value for name, value in here.items() if value})

    @property
    def hit_links(self) -> list[tuple[Person, str]]:
        return [(person, self.link(person=person.pk)) for person in self.hits]


def chosen(request: HttpRequest, pk: int | None) -> Person | None:
    if pk is None or not request.user.has_perm("persons.view_person"):
        return None
    return Person.objects.kept().filter(pk=pk).first()


@require_safe
@xframe_options_sameorigin
@showing.as_a_page(framed_by=SELF)
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """The message itself, for the frame in the page; its links open a tab of their own."""
    mailing = get_object_or_404(Mailing.objects.select_related("type", "purpose"), pk=pk)
    person = chosen(request, PreviewForm(request.GET).asked()["person"])
    try:
        html = showing.preview(mailing, person).html
        return HttpResponse(html.replace("<head>", '<head>\n<base target="_blank">', 1))
    except ValidationError:
        return HttpResponse()
