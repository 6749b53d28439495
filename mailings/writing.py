"""Saving the body of a mailing while it is written: as one goes, and never over somebody else's words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import ndiff
from html import escape
from typing import Any

from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext

from mailings import drafts
from mailings.cleaning import as_text, clean
from mailings.models import Content, Mailing
from mailings.steering import Refused


@dataclass
class Outdated(Exception):
    """Somebody else has saved meanwhile: who and when, and what changed, line by line."""

    mailing: Mailing
    by: Any
    at: datetime | None
    changes: list[tuple[str, str]]


def save(mailing: Mailing, *, body: str, kind: str, seen: int) -> Mailing:
    """Keep the body that was written upon the version `seen`; the mailing as it stands then. Safe to repeat.

    Raises Outdated when another body was saved since, and Refused once the mailing is no draft.
    """
    draft = Mailing.objects.filter(pk=mailing.pk, state=Mailing.State.DRAFT)
    unchanged = draft.filter(body=body, body_kind=kind)
    if not unchanged.exists():
        changed = {"content_version": F("content_version") + 1, "updated_at": Now()}
        if not draft.filter(content_version=seen).update(body=body, body_kind=kind, **changed):
            raise _refusal(Mailing.objects.get(pk=mailing.pk), seen)
    return Mailing.objects.get(pk=mailing.pk)


def switch(mailing: Mailing, *, seen: int) -> Mailing:
    """From the editor to source, or back. Source never goes into the editor: only its words do, as paragraphs.

    Raises what `save` raises.
    """
    if mailing.body_kind == Mailing.BodyKind.WRITTEN:
        return save(mailing, body=mailing.body, kind=Mailing.BodyKind.SOURCE, seen=seen)
    words = "".join(f"<p>{escape(line)}</p>" for line in _lines_of(as_text(clean(mailing.body))))
    return save(mailing, body=words, kind=Mailing.BodyKind.WRITTEN, seen=seen)


def _refusal(mailing: Mailing, seen: int) -> Exception:
    if mailing.state != Mailing.State.DRAFT:
        return Refused(gettext("The content can no longer be changed: the mailing has been started."))
    bodies: Any = mailing.bodies.order_by("pgh_id")  # type: ignore[attr-defined]  # made by pghistory
    before = bodies.filter(content_version=seen).last()
    by, at = drafts.saved_by(bodies.filter(content_version=mailing.content_version))
    return Outdated(mailing=mailing, by=by, at=at, changes=list(_changes(before, mailing)))


def _changes(before: Content | None, now: Content) -> Iterator[tuple[str, str]]:
    """The lines that were taken out ("-") and put in ("+")."""
    for line in ndiff(_lines(before) if before else [], _lines(now)):
        if line[0] in "+-":
            yield line[0], line[2:]


def _lines(content: Content) -> list[str]:
    """Source line by line; of what was written here the words alone."""
    is_source = content.body_kind == Content.BodyKind.SOURCE
    return _lines_of(content.body if is_source else as_text(clean(content.body)))


def _lines_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]
