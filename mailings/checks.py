"""What is wrong with the content of a mailing, or may be: looked at while writing, and before sending."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailings import showing
from mailings.cleaning import as_text, clean, is_dead
from mailings.models import HostedImage, Mailing
from mailings.removals import removals

CLIPPED_AT = 102 * 1024  # bytes of HTML after which Gmail shows the rest on request only


class Severity(models.TextChoices):
    ERROR = "error", gettext_lazy("Error")
    WARNING = "warning", gettext_lazy("Warning")


@dataclass(frozen=True)
class Finding:
    """One thing to see to, as a sentence. An error prevents sending."""

    severity: Severity
    sentence: str

    @property
    def is_error(self) -> bool:
        return self.severity == Severity.ERROR


def checks(mailing: Mailing) -> list[Finding]:
    """Everything there is to say about the content, errors first."""
    errors = [] if mailing.subject.strip() else [_("The mailing has no subject.")]
    warnings: list[str] = []
    try:
        warnings = list(_of_size(showing.preview(mailing, None).html))
    except ValidationError as error:
        errors += error.messages
    errors += _gone(mailing.body)
    warnings = [*_of_elements(mailing.body), *warnings]
    return [Finding(Severity.ERROR, sentence) for sentence in errors] + [
        Finding(Severity.WARNING, sentence) for sentence in warnings
    ]


def _gone(body: str) -> Iterator[str]:
    """Images that were hosted by us and are not there any more."""
    used = set(re.findall(re.escape(HostedImage.beginning()) + r"([\w-]+\.\w+)", body))
    known = HostedImage.objects.filter(name__in=used).values_list("name", flat=True) if used else []
    for name in sorted(used.difference(known)):
        yield _("The image %(name)s is no longer here. Choose another one.") % {"name": name}


def _of_size(html: str) -> Iterator[str]:
    if (size := len(html.encode())) > CLIPPED_AT:
        sentence = _("The message has %(size)d KB of HTML: Gmail cuts it off at 102 KB, and the way to leave with it.")
        yield sentence % {"size": size // 1024}


def _of_elements(body: str) -> Iterator[str]:
    for what in removals(body):
        yield _("Taken out: %(what)s.") % {"what": what}
    cleaned = clean(body)
    reader = _Elements()
    reader.feed(cleaned)
    reader.close()
    yield from reader.findings
    if reader.images and not re.search(r"\w", as_text(re.sub(r"<img[^>]*>", "", cleaned))):
        yield _("The message is made of images alone: whoever does not load them sees nothing.")


class _Elements(HTMLParser):
    """The cleaned body, looked through link by link and image by image."""

    def __init__(self) -> None:
        super().__init__()
        self.findings: dict[str, None] = {}
        self.images = 0
        self.link: str | None = None
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.link, self.words = given["href"], ""
            self._look_at_link(given["href"])
        elif tag == "img":
            self.images += 1
            self.words += given.get("alt", "")
            if "alt" not in given and "src" in given:  # else it has been taken out
                self._find(
                    _("An image says nothing to those who do not see it: %(address)s. Describe it."),
                    given.get("src", ""),
                )

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self.link is not None:
            if not self.words.strip():
                self._find(_("A link has no words: %(address)s."), self.link)
            self.link = None

    def handle_data(self, data: str) -> None:
        self.words += data

    def _look_at_link(self, address: str) -> None:
        if address.startswith("#") or is_dead(address):
            return
        parts = urlsplit(address)
        if parts.scheme in ("http", "https") and "." not in (parts.hostname or "") and parts.hostname != "localhost":
            self._find(_("The link %(address)s leads nowhere."), address)
        elif parts.scheme == "http" and parts.hostname != "localhost":
            self._find(_("The link %(address)s is not encrypted. Write https if the site can."), address)
        elif parts.scheme == "mailto" and "@" not in parts.path:
            self._find(_("The link %(address)s leads nowhere."), address)

    def _find(self, sentence: str, address: str) -> None:
        self.findings[sentence % {"address": address}] = None
