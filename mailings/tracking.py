"""Counting clicks, where a mailing asks for it: per link and mailing, never per person. Opening is never counted."""

import re
import secrets
from html import escape, unescape

from django.conf import settings
from django.db.models import F
from django.urls import reverse

from mailings.models import Mailing, TrackedLink

HREF = re.compile(r'href="(https?://[^"]*)"', re.IGNORECASE)  # as `cleaning.clean` writes it


def follow_links(mailing: Mailing, body: str) -> None:
    """Make the links that stand for those of a cleaned body. Safe to run twice."""
    if mailing.count_clicks:
        urls = dict.fromkeys(map(unescape, HREF.findall(body)))
        links = [TrackedLink(mailing=mailing, url=url, key=secrets.token_urlsafe(12)) for url in urls]
        TrackedLink.objects.bulk_create(links, ignore_conflicts=True)


def in_place(mailing: Mailing, body: str) -> str:
    """The cleaned body with our links in place of those that are followed; a draft has none yet."""
    if not mailing.count_clicks:
        return body
    keys = dict(mailing.tracked_links.values_list("url", "key"))
    return HREF.sub(lambda found: f'href="{escape(_ours(keys, unescape(found[1])))}"', body)


def click(key: str) -> str | None:
    """Count a click; the address it leads to, None where nobody knows the link."""
    link = TrackedLink.objects.filter(key=key).first()
    if link is None:
        return None
    TrackedLink.objects.filter(pk=link.pk).update(clicks=F("clicks") + 1)
    return link.url


def _ours(keys: dict[str, str], url: str) -> str:
    return settings.SITE_URL.rstrip("/") + reverse("follow", args=[keys[url]]) if url in keys else url
