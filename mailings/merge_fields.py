"""Merge fields: what a text may say about its reader, `{{ first_name }}` for example.

They are our own and no template language: a fixed table, one pass, nothing is evaluated. A text is read once per
mailing into `Text`, whose places are then filled per recipient.
"""

import re
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# name, and what it is in SQL: `p` is the person, `company` the company.
FIELDS = {
    "first_name": "p.first_name",
    "last_name": "p.last_name",
    "full_name": "btrim(p.first_name || ' ' || p.last_name)",
    "title": "p.title",
    "company": "coalesce(company.name, '')",
    "email": "r.address",
    "city": "p.city",
    "country": "p.country",
}

# What else differs from message to message. These names cannot be written by hand.
OWN_PLACES = ["unsubscribe_url", "preferences_url", "reason"]

WRITTEN = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
LONE = re.compile(r"\{\{")  # two closing braces are common in style sheets

# In a text that is read, a place is one character that Unicode never assigns a meaning, so that neither the cleaning
# of HTML nor anything else on the way touches it.
_FIRST = 0x10FF00
_SIGNS = {name: chr(_FIRST + number) for number, name in enumerate([*FIELDS, *OWN_PLACES])}
_NAMES = {sign: name for name, sign in _SIGNS.items()}
_PLACES = re.compile(f"([{chr(_FIRST)}-{chr(_FIRST + 0xFE)}])")

# Line ends and other controls, and the marks that turn the direction of what follows them.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


def sign(name: str) -> str:
    """The character that stands for a place in a text on its way to `Text`."""
    return _SIGNS[name]


def read(written: str) -> str:
    """The text with its merge fields as signs. Raises ValidationError, with the place, for a field nobody knows."""
    text = _PLACES.sub("", written)

    def placed(found: re.Match[str]) -> str:
        name = found[1].strip()
        if name not in FIELDS:
            raise _error(text, found.start(), name)
        return _SIGNS[name]

    signed = WRITTEN.sub(placed, text)
    if lone := LONE.search(WRITTEN.sub(lambda found: "." * len(found[0]), text)):
        raise _error(text, lone.start(), lone[0])
    return signed


def known(written: str) -> None:
    """Validator of a line or a plain text: every merge field in it is known."""
    read(written)


def known_in_html(written: str) -> None:
    """Validator of HTML: every merge field is known, and stands in the text rather than inside a tag."""
    _OutsideOfTags().check(read(written))


def plain(value: object) -> str:
    """What a person's record says, as one line without controls; a name can then neither break out nor turn a line."""
    return _UNSAFE.sub(" ", str(value or "")).strip()


@dataclass(frozen=True)
class Text:
    """A text as literals and the names of places between them."""

    literals: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, signed: str) -> "Text":
        parts = _PLACES.split(signed)
        return cls(tuple(parts[::2]), tuple(_NAMES[character] for character in parts[1::2]))

    def fill(self, values: dict[str, str]) -> str:
        """The text with its places filled, once: what a value holds is not looked into again."""
        filled = [self.literals[0]]
        for name, literal in zip(self.names, self.literals[1:], strict=True):
            filled += (values[name], literal)
        return "".join(filled)


def escaped(values: dict[str, str]) -> dict[str, str]:
    return {name: escape(value) for name, value in values.items()}


class _OutsideOfTags(HTMLParser):
    def check(self, signed: str) -> None:
        self.signed = signed
        self.feed(signed)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if found := _PLACES.search(self.get_starttag_text() or ""):
            line, column = self.getpos()
            raise ValidationError(
                _("The merge field {{ %(name)s }} stands inside the tag <%(tag)s> (line %(line)d, column %(column)d)."),
                code="field_in_tag",
                params={"name": _NAMES[found[1]], "tag": tag, "line": line, "column": column + 1},
            )

    handle_startendtag = handle_starttag


def _error(text: str, position: int, name: str) -> ValidationError:
    before = text[:position]
    return ValidationError(
        _("There is no merge field “%(name)s” (line %(line)d, column %(column)d). Known: %(known)s."),
        code="unknown_field",
        params={
            "name": name[:60],
            "line": before.count("\n") + 1,
            "column": position - before.rfind("\n"),
            "known": ", ".join(FIELDS),
        },
    )
