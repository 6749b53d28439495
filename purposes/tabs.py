"""The tabs of Privacy."""

from django.urls import reverse
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
    """`here` is the route of the page that is open."""
    return [{"url": reverse(route), "label": label, "is_here": route == here} for route, label in TABS]
