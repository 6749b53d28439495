"""Public pages on which mailings are asked for, and confirmed: no sign-in, no cookie (rules 4.5)."""

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from persons import confirming, shown, subscribing
from persons.addresses import normalise
from persons.models import PendingConfirmation, SubscribeForm
from persons.public import TEXT_CHANGED, masked, spoken
from purposes.models import EMARKETING, SubscriptionType, Wording


class AskForm(forms.Form):
    """What a visitor fills in, having read the text whose digest is `seen`."""

    email = forms.CharField(
        label=_("Your e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    types = forms.ModelMultipleChoiceField(
        SubscriptionType.objects.none(),
        label=_("What do you want to receive?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )

    def __init__(self, page: SubscribeForm, *args, seen: str, **options):
        super().__init__(*args, **options)
        self.seen = seen
        offered = page.types.filter(is_active=True)
        if offered:
            self.fields["types"].queryset = offered  # type: ignore[attr-defined]
        else:
            del self.fields["types"]

    def clean_email(self) -> str:
        address = normalise(self.cleaned_data["email"])
        if address is None:
            raise forms.ValidationError(_("This is not a valid e-mail address."))
        return address

    def clean(self):
        if self.data.get("seen", "") != self.seen:
            self.add_error(None, TEXT_CHANGED)
        return super().clean()


@csrf_exempt  # shown inside pages of other sites, where no cookie comes along; only the address itself confirms
@never_cache
@require_http_methods(["GET", "HEAD", "OPTIONS", "POST"])
def subscribe(request: HttpRequest, key: str) -> HttpResponse:
    """The form, and the same answer to every address."""
    page = get_object_or_404(SubscribeForm.objects.active(), key=key)
    with spoken(page.language):
        return _embeddable(page, _subscribe(request, page))


def _subscribe(request: HttpRequest, page: SubscribeForm) -> HttpResponse:
    wording = Wording.objects.latest_of(EMARKETING, page.language)
    seen = shown.digest([wording])
    form = AskForm(page, request.POST if request.method == "POST" else None, seen=seen)
    if form.is_valid():
        facts = form.cleaned_data
        try:
            subscribing.ask(page, facts["email"], facts.get("types", []), wording, visitor=visitor(request))
        except subscribing.TooMany:
            return render(request, "public/too_many.html", {"form_page": page}, status=429)
        return render(request, "public/asked.html", {"form_page": page, "email": facts["email"]})
    context = {"form_page": page, "form": form, "wording": wording, "seen": seen}
    return render(request, "public/subscribe.html", context, status=422 if form.errors else 200)


def _embeddable(page: SubscribeForm, response: HttpResponse) -> HttpResponse:
    """Let the sites that the form names, and no others, show it inside a page of theirs."""
    if sites := page.embedded_on.split():
        response._csp_replace = {"frame-ancestors": sites}  # type: ignore[attr-defined]
        response.xframe_options_exempt = True
    return response


def visitor(request: HttpRequest) -> str:
    """The visitor's address of the network: behind a proxy the one that the proxy saw, which it writes last."""
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")[-1].strip()
    return forwarded if forwarded and settings.SECURE_PROXY_SSL_HEADER else request.META["REMOTE_ADDR"]


@csrf_exempt  # the token is the secret
@never_cache
@require_http_methods(["GET", "HEAD", "OPTIONS", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """What was asked for, with one button; POST records it. Anything else changes nothing."""
    pending = confirming.read(token)
    if pending is None:
        return render(request, "public/unknown_link.html")
    with spoken(pending.language):
        context = {"token": token, **_shown(pending)}
        if request.method != "POST":
            return render(request, "public/confirm.html", context)
        if not context["is_confirmed"] and request.POST.get("seen", "") != context["seen"]:
            return render(request, "public/confirm.html", context | {"text_changed": TEXT_CHANGED}, status=422)
        return _confirmed(request, pending)


def _confirmed(request: HttpRequest, pending: PendingConfirmation) -> HttpResponse:
    number = request.POST.get("shown", "")
    try:
        own_page = confirming.confirm(pending, int(number) if number.isdecimal() and len(number) < 5 else None)
    except confirming.NotPossible:
        return render(request, "public/not_possible.html")
    return render(request, "public/confirmed.html", {"own_page": own_page, **_shown(pending)})


def _shown(pending: PendingConfirmation) -> dict:
    items = confirming.items(pending)
    wordings = {item.wording.pk: item.wording for item in items if item.wording}
    return {
        "items": items,
        "wordings": wordings.values(),
        "seen": shown.digest(wordings.values()),
        "address": masked(pending.address),
        "is_confirmed": pending.confirmed_at,
    }
