"""What the public pages show of the company: name, logo, colours and texts (a context processor)."""

import hashlib
from functools import cached_property

from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from purposes.colours import text_on
from purposes.models import PublicPages, PublicText

STYLE = """:root {{ --accent: {light}; --on-accent: {on_light}; }}
@media (prefers-color-scheme: dark) {{ :root {{ --accent: {dark}; --on-accent: {on_dark}; }} }}
"""


class Look:
    """Read when a page asks for it, in the language that the page speaks."""

    @cached_property
    def pages(self) -> PublicPages:
        return PublicPages.current()

    @cached_property
    def text(self) -> PublicText:
        return self.pages.in_language(get_language() or self.pages.language)

    @property
    def logo_url(self) -> str:
        name = self.pages.logo.name
        return reverse("public_logo", args=[name.rpartition("/")[2]]) if name else ""

    @property
    def style_url(self) -> str:
        return reverse("public_style", args=[version(self.pages)])


def public_pages(request):
    return {"look": SimpleLazyObject(Look)}


def style(light: str, dark: str) -> str:
    """The style sheet of two colours. They are of six digits: nothing else gets into it."""
    return STYLE.format(light=light, on_light=text_on(light), dark=dark, on_dark=text_on(dark))


def version(pages: PublicPages) -> str:
    """Changes with the colours, so that browsers may keep the style sheet."""
    return hashlib.sha256(f"{pages.accent} {pages.accent_on_dark}".encode()).hexdigest()[:12]
