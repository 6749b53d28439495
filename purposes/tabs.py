"""The tabs of Privacy."""

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

TABS = [
    ("privacy:consent", _("Consent")),
    ("privacy:bases", _("Legal bases")),
    ("privacy:sources", _("Sources")),
    ("privacy:types", _("Subscription types")),
    ("privacy:email", _("E-mail")),
    ("privacy:pages", _("Pages")),
]


def tabs(here: str) -> list[dict[str, object]]:
    """Those whose page there is; `here` is the route of the page that is open."""
    return [{"url": url, "label": label, "is_here": route == here} for route, label in TABS if (url := url_of(route))]


def url_of(route: str) -> str:
    try:
        return reverse(route)
    except NoReverseMatch:
        return ""
