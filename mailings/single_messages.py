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
    """What one person gets: the subject in one line, a whole page of HTML, and the same as text."""

    subject: str
    html: str
    text: str


def render(written: EmailText, values: Mapping[str, object]) -> Rendered:
    """Fill a text. A field that `values` lacks stays empty; the company's own name is known here."""
    fields = written.template.fields
    known = {"our_company": our_company()} | dict(values)
    filled = {name: plain(known.get(name)) for name in fields.all}
    body = _cleaned(fields.read(written.body), fields.links)
    subject = Text.of(fields.read(written.subject)).fill(filled)
    html = Text.of(body).fill(escaped(filled))
    return Rendered(subject, _page(html, subject, written.language), Text.of(as_text(body)).fill(filled))


def our_company() -> str:
    """What people know the company by; without a name, where its pages are."""
    return PublicPages.current().company_name or urlsplit(settings.SITE_URL).hostname or ""


def _cleaned(signed: str, links: tuple[str, ...]) -> str:
    for name in links:
        signed = signed.replace(sign(name), SHELTER + sign(name))
    return clean(signed).replace(SHELTER, "")


def _page(body: str, subject: str, language: str) -> str:
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(subject)}</title>\n</head>\n<body>\n"
        f'<div style="max-width:640px;margin:0 auto">\n{body}\n</div>\n</body>\n</html>\n'
    )
