"""A message to one person, put together from a template: privacy confirmation, double opt-in, preference link."""

from collections.abc import Mapping
from html import escape
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from mailings.cleaning import as_text, clean
from purposes.merge_fields import Text, escaped, plain, sign
from purposes.models import EmailText, PublicPages

# The cleaning of HTML lets only whole addresses pass, so the place of a link stands behind one while it is cleaned.
SHELTER = "https://place.invalid/"


class Rendered(NamedTuple):
    """What one person gets: the subject in one line, a body in HTML and as text."""

    subject: str
    body: str
    text: str
    language: str

    @property
    def html(self) -> str:
        """The body in a page of its own."""
        return (
            f'<!doctype html>\n<html lang="{self.language}">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{escape(self.subject)}</title>\n</head>\n<body>\n"
            f'<div style="max-width:640px;margin:0 auto">\n{self.body}\n</div>\n</body>\n</html>\n'
        )


def render(written: EmailText, values: Mapping[str, object]) -> Rendered:
    """Fill a text. A field that `values` lacks stays empty; the company's own name is known here."""
    fields = written.template.fields
    known = {"our_company": our_company()} | dict(values)
    filled = {name: plain(known.get(name)) for name in fields.all}
    body = _cleaned(fields.read(written.body), fields.links)
    return Rendered(
        subject=Text.of(fields.read(written.subject)).fill(filled),
        body=Text.of(body).fill(escaped(filled)),
        text=Text.of(as_text(body)).fill(filled),
        language=written.language,
    )


def our_company() -> str:
    """What people know the company by; without a name, where its pages are."""
    return PublicPages.current().company_name or urlsplit(settings.SITE_URL).hostname or ""


def _cleaned(signed: str, links: tuple[str, ...]) -> str:
    for name in links:
        signed = signed.replace(sign(name), SHELTER + sign(name))
    return clean(signed).replace(SHELTER, "")
