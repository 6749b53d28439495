"""What cleaning takes out of a body, as sentences, so that nobody hears from a recipient what is missing."""

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mailings.cleaning import PROPERTIES, TAGS, declarations, fetches, inlined, is_dead, may_be_shown, scheme

FRAME = {"html", "head", "body", "title", "meta", "style"}  # ours stand in their place
ACTING = {
    **dict.fromkeys(["script", "noscript"], gettext_lazy("A script")),
    **dict.fromkeys(
        ["form", "input", "button", "select", "option", "optgroup", "textarea", "label", "fieldset", "legend"],
        gettext_lazy("A form or a part of one"),
    ),
    **dict.fromkeys(["iframe", "object", "embed", "frame", "frameset"], gettext_lazy("An embedded page or file")),
    **dict.fromkeys(["video", "audio", "source", "track"], gettext_lazy("A video or a sound")),
    **dict.fromkeys(["svg", "math"], gettext_lazy("A drawing made of elements")),
}
LOADED = {"background", "poster", "srcset", "data", "lowsrc", "dynsrc"}  # attributes by which a page loads something
IMPORTED = re.compile(r"@import\s+(?:url\s*\()?\s*[\"']?([^\"')\s;]+)", re.IGNORECASE)
LONGEST = 80


def removals(html: str) -> list[str]:
    """What `cleaning.clean` takes out, each as a sentence with the lines where it stands; not classes and ids."""
    source = _Source()
    source.feed(html)
    source.close()
    return [*source.sentences(), *_of_styles(html)]


class _Source(HTMLParser):
    """The body as it was written, looked through for what will not be there."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, list[int]] = {}
        self.is_in_style = False

    def sentences(self) -> Iterator[str]:
        for what, lines in self.lines.items():
            numbers = ", ".join(map(str, lines))
            yield ngettext("%(what)s (line %(lines)s)", "%(what)s (lines %(lines)s)", len(lines)) % {
                "what": what,
                "lines": numbers,
            }

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: (value or "").strip() for name, value in attrs}
        self.is_in_style = tag == "style"
        for what in (*_removed_tag(tag, given), *_removed_attributes(tag, given)):
            self._note(what)

    def handle_endtag(self, tag: str) -> None:
        self.is_in_style = False

    def handle_data(self, data: str) -> None:
        for address in IMPORTED.findall(data) if self.is_in_style else ():
            self._note(_style_sheet(address))

    def _note(self, what: str) -> None:
        lines = self.lines.setdefault(what, [])
        if self.getpos()[0] not in lines:
            lines.append(self.getpos()[0])


def _removed_tag(tag: str, given: dict[str, str]) -> Iterator[str]:
    if tag in TAGS or (tag in FRAME and given.get("http-equiv", "").lower() != "refresh"):
        return
    if tag == "link":
        if "stylesheet" in given.get("rel", "").lower():
            yield _style_sheet(given.get("href", ""))
    elif tag in ACTING:
        yield str(ACTING[tag])
    elif tag == "meta":
        yield _("A redirect to another page")
    else:
        yield _("The element <%(tag)s>; what stands in it stays") % {"tag": tag}


def _removed_attributes(tag: str, given: dict[str, str]) -> Iterator[str]:
    for name, value in given.items():
        if name.startswith("on"):
            yield _("A script in %(name)s of <%(tag)s>") % {"name": name, "tag": tag}
        elif name in LOADED and value:
            yield _("An image behind or in <%(tag)s>: %(address)s") % {"tag": tag, "address": _short(value)}
    if tag == "img" and "src" in given and not may_be_shown(given["src"]):
        yield _image(given["src"])
    if tag == "a" and "href" in given and is_dead(given["href"]):
        yield _("The link to “%(address)s”, which is no whole address") % {"address": _short(given["href"])}


def _image(address: str) -> str:
    if scheme(address) == "http":
        return _("The image %(address)s: only https is shown") % {"address": _short(address)}
    return _("The image “%(address)s”: upload it here, or give its whole address") % {"address": _short(address)}


def _style_sheet(address: str) -> str:
    return _("The style sheet %(address)s: nothing is fetched") % {"address": _short(address)}


def _of_styles(html: str) -> list[str]:
    """About the styles in the elements, those of style sheets among them."""
    reader = _Styles()
    reader.feed(inlined(html))
    reader.close()
    found = [_("An image in a style: %(style)s") % {"style": _short(style)} for style in _once(reader.fetching)]
    if reader.unlisted:
        names = ", ".join(_once(reader.unlisted))
        found.append(_("Styles that mail programs do not agree on: %(names)s") % {"names": names})
    return found


class _Styles(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fetching: list[str] = []
        self.unlisted: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for declaration in declarations(dict(attrs).get("style") or ""):
            name = declaration.partition(":")[0].strip().lower()
            if fetches(declaration):
                self.fetching.append(declaration)
            elif name not in PROPERTIES:
                self.unlisted.append(name)


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
