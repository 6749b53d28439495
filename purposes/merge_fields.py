"""Merge fields: what a text may say about its reader, `{{ first_name }}` for example.

They are our own and no template language: a fixed table, one pass, nothing is evaluated. A text is read once into
`Text`, whose places are then filled per message.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

WRITTEN = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
LONE = re.compile(r"\{\{")  # two closing braces are common in style sheets

# In a text that is read, a place is its name between two characters that Unicode never assigns a meaning, so that
# neither the cleaning of HTML nor anything else on the way touches it.
_OPENS, _CLOSES = "\U0010ff00", "\U0010ff01"
_PLACE = re.compile(f"{_OPENS}([a-z_]+){_CLOSES}")
_FORGED = re.compile(f"{_OPENS}[a-z_]*{_CLOSES}|[{_OPENS}{_CLOSES}]")

# Line ends and other controls, and the marks that turn the direction of what follows them.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


def sign(name: str) -> str:
    """What stands for a place in a text on its way to `Text`."""
    return f"{_OPENS}{name}{_CLOSES}"


@dataclass(frozen=True)
class Fields:
    """The merge fields that one kind of text knows.

    `links` are addresses of our own pages: in HTML they may also be the whole of an `href`. Without the `needed` ones
    the text is refused.
    """

    names: tuple[str, ...]
    links: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return self.names + self.links

    def read(self, written: str) -> str:
        """The text with its merge fields as signs. Raises ValidationError, with the place, for an unknown field."""
        text = _FORGED.sub("", written)

        def placed(found: re.Match[str]) -> str:
            name = found[1].strip()
            if name not in self.all:
                raise self._unknown(text, found.start(), name)
            return sign(name)

        signed = WRITTEN.sub(placed, text)
        if lone := LONE.search(WRITTEN.sub(lambda found: "." * len(found[0]), text)):
            raise self._unknown(text, lone.start(), lone[0])
        return signed

    def check(self, written: str) -> None:
        """Validator of a line or a plain text: every merge field in it is known."""
        self.read(written)

    def check_html(self, written: str) -> None:
        """Validator of HTML: every merge field is known and stands in the text, not inside a tag; none is missing."""
        signed = self.read(written)
        _OutsideOfTags(self.links).check(signed)
        for name in self.needed:
            if sign(name) not in signed:
                raise ValidationError(
                    _("The text needs the merge field {{ %(name)s }}."), code="missing_field", params={"name": name}
                )

    def _unknown(self, text: str, position: int, name: str) -> ValidationError:
        before = text[:position]
        return ValidationError(
            _("There is no merge field “%(name)s” (line %(line)d, column %(column)d). Known: %(known)s."),
            code="unknown_field",
            params={
                "name": name[:60],
                "line": before.count("\n") + 1,
                "column": position - before.rfind("\n"),
                "known": ", ".join(self.all),
            },
        )


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
        parts = _PLACE.split(signed)
        return cls(tuple(parts[::2]), tuple(parts[1::2]))

    def fill(self, values: dict[str, str]) -> str:
        """The text with its places filled, once: what a value holds is not looked into again."""
        filled = [self.literals[0]]
        for name, literal in zip(self.names, self.literals[1:], strict=True):
            filled += (values[name], literal)
        return "".join(filled)


def escaped(values: dict[str, str]) -> dict[str, str]:
    return {name: escape(value) for name, value in values.items()}


class _OutsideOfTags(HTMLParser):
    def __init__(self, links: tuple[str, ...]) -> None:
        super().__init__()
        self.targets = {sign(name) for name in links}

    def check(self, signed: str) -> None:
        self.feed(signed)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name in self._misplaced(tag, attrs):
            line, column = self.getpos()
            raise ValidationError(
                _("The merge field {{ %(name)s }} stands inside the tag <%(tag)s> (line %(line)d, column %(column)d)."),
                code="field_in_tag",
                params={"name": name, "tag": tag, "line": line, "column": column + 1},
            )

    handle_startendtag = handle_starttag

    def _misplaced(self, tag: str, attrs: list[tuple[str, str | None]]) -> Iterator[str]:
        """The places in a tag, but for a link's whole address."""
        names = _PLACE.findall(self.get_starttag_text() or "")
        is_link = tag == "a" and dict(attrs).get("href") in self.targets
        return iter(names[1:] if is_link else names)
