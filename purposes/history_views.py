"""The history of each setting of Privacy, on a page of its own."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .history import Kept, saves
from .models import (
    AcceptedBasis,
    EmailTemplate,
    EmailText,
    LegalBasis,
    PrivacySettings,
    PublicPages,
    PublicText,
    Purpose,
    Source,
    SubscriptionType,
    Wording,
)


@dataclass(frozen=True)
class Kind:
    """What a setting is made of, and the page where it is set: a route, which takes the key where `has_own_page`."""

    label: Any
    kept: list[Kept]
    route: str
    has_own_page: bool = False

    @property
    def model(self) -> Any:
        return self.kept[0].model

    def page_of(self, key: str) -> str:
        return reverse(self.route, args=[key] if self.has_own_page else [])


ACCEPTED = Kept(
    AcceptedBasis, "purpose_id", named=lambda row: _("Accepts %(basis)s") % {"basis": row.basis}, whole=True
)
WORDINGS = Kept(
    Wording,
    "purpose_id",
    named=lambda row: (
        _("Wording %(number)s, %(language)s") % {"number": row.number, "language": row.get_language_display()}
    ),
)
LETTERS = Kept(EmailText, "template_id", named=lambda row: row.get_language_display())
PAGES = Kept(PublicText, None, named=lambda row: row.get_language_display())

KINDS = {
    "purpose": Kind(gettext_lazy("Purposes"), [Kept(Purpose), ACCEPTED, WORDINGS], "privacy:purpose", True),
    "wording": Kind(gettext_lazy("Wordings"), [Kept(Wording)], "privacy:consent"),
    "basis": Kind(gettext_lazy("Legal bases"), [Kept(LegalBasis)], "privacy:basis", True),
    "source": Kind(gettext_lazy("Sources"), [Kept(Source)], "privacy:source", True),
    "type": Kind(gettext_lazy("Subscription types"), [Kept(SubscriptionType)], "privacy:type", True),
    "settings": Kind(gettext_lazy("Privacy settings"), [Kept(PrivacySettings)], "privacy:consent"),
    "template": Kind(gettext_lazy("E-mail templates"), [Kept(EmailTemplate), LETTERS], "privacy:email"),
    "pages": Kind(gettext_lazy("Public pages"), [Kept(PublicPages), PAGES], "privacy:pages"),
}


def history(request, kind, key=""):
    """Who changed it, when, from what to what. Without a key: all of the kind, also what is deleted by now."""
    return page(request, KINDS, kind, key)


def page(request, kinds, name, key):
    """The page for any table of kinds; 404 for one that there is not, or never was."""
    if name not in kinds:
        raise Http404
    kind = kinds[name]
    try:
        setting = kind.model._default_manager.filter(pk=key).first() if key else None
    except ValueError as error:
        raise Http404 from error
    found = saves(kind.kept, key)
    if key and not setting and not found:
        raise Http404
    context = {"kind": kind, "setting": setting, "saves": found, "url": _back(kind, setting, key)}
    return render(request, "purposes/history.html", context)


def _back(kind, setting, key):
    return kind.page_of(key) if setting or not kind.has_own_page else reverse("privacy:consent")
