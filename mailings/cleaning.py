"""The HTML of a body as it is shown and sent: styles in the elements, nothing but what is listed here, and as text."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import css_inline
import nh3
from django.conf import settings

TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "center", "cite", "code", "dd", "del", "div", "dl", "dt", "em"),
    *("figcaption", "figure", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "li", "mark"),
    *("ol", "p", "pre", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "u", "ul", "table", "caption"),
    *("colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td"),
}
GONE_WITH_CONTENT = {"script", "style", "title", "noscript", "iframe", "object", "svg", "math", "template", "textarea"}
CELL = {"align", "valign", "bgcolor", "width", "height"}
ATTRIBUTES = {
    "*": {"style", "dir", "lang", "title", "role"},
    "a": {"href", "name", "target"},
    "img": {"src", "alt", "width", "height", "align", "border"},
    "font": {"color", "face", "size"},
    "ol": {"start", "type"},
    "table": CELL | {"border", "cellpadding", "cellspacing", "summary"},
    "tr": CELL,
    "td": CELL | {"colspan", "rowspan", "nowrap"},
    "th": CELL | {"colspan", "rowspan", "scope"},
    "col": {"span", "width"},
    **{tag: {"align"} for tag in ("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr")},
}
SCHEMES = {"http", "https", "mailto", "tel"}

_SIDES = ("", "-top", "-right", "-bottom", "-left")
PROPERTIES = {f"{name}{side}" for name in ("border", "margin", "padding") for side in _SIDES} | {
    *("color", "background", "background-color", "opacity", "direction", "display", "float", "clear"),
    *("vertical-align", "font", "font-family", "font-size", "font-style", "font-variant", "font-weight"),
    *("letter-spacing", "line-height", "text-align", "text-decoration", "text-indent", "text-transform"),
    *("white-space", "word-break", "word-spacing", "overflow-wrap", "word-wrap", "width", "max-width", "min-width"),
    *("height", "max-height", "min-height", "border-collapse", "border-spacing", "border-radius", "table-layout"),
    *("list-style", "list-style-type", "border-color", "border-style", "border-width", "mso-line-height-rule"),
    *("mso-table-lspace", "mso-table-rspace"),
}

_inliner = css_inline.CSSInliner(load_remote_stylesheets=False)
_FETCHES = re.compile(r"(url|src|image|image-set|cross-fade|expression)\s*\(|\\", re.IGNORECASE)


def clean(html: str) -> str:
    """The body as it may be shown or sent, a fragment. What is not listed above goes."""
    return nh3.clean(
        inlined(html),
        tags=TAGS,
        clean_content_tags=GONE_WITH_CONTENT,
        attributes=ATTRIBUTES,
        attribute_filter=_harmless,
        url_schemes=SCHEMES,
        url_relative="pass_through",  # `_harmless` lets marks within the message alone pass
        link_rel=None,
        filter_style_properties=PROPERTIES,
    ).strip()


def inlined(html: str) -> str:
    """The styles of style sheets in the elements they are for; nothing is fetched, and the sheets are gone."""
    return _inliner.inline(html)


def may_be_shown(address: str) -> bool:
    """Whether an image may come from there: from ourselves, or over https from where the marketer says."""
    return address.strip().lower().startswith(("https://", f"{settings.SITE_URL.rstrip('/')}/"))


def is_dead(address: str) -> bool:
    """Whether a link leads nowhere from a mail: a script, no whole address, or a mark (#) without a name."""
    return address == "#" if address.startswith("#") else scheme(address) not in SCHEMES


def scheme(address: str) -> str:
    try:
        return urlsplit(address).scheme.lower()
    except ValueError:
        return ""


def declarations(style: str) -> list[str]:
    """The declarations of a style, `color: red`. One cut at a semicolon in quotes is no declaration any more."""
    return [declaration for part in style.split(";") if (declaration := part.strip())]


def fetches(declaration: str) -> bool:
    """Whether a declaration makes the reader load something; a backslash could hide that it does."""
    return bool(_FETCHES.search(declaration))


def _harmless(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "style":
        return ";".join(declaration for declaration in declarations(value) if not fetches(declaration)) or None
    if (tag, attribute) == ("img", "src") and not may_be_shown(value):
        return None
    return None if (tag, attribute) == ("a", "href") and is_dead(value) else value


def as_text(html: str) -> str:
    """Cleaned HTML as plain text: paragraphs apart, links with their address behind them, pictures as their words."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


PARAGRAPHS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "dl", "table", "hr", "pre", "figure"}
LINES = {"div", "li", "tr", "br", "dt", "dd", "caption", "figcaption", "center"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.links: list[tuple[str, int]] = []
        self.lists: list[int | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._break(tag)
        if tag == "a":
            self.links.append((given.get("href") or "", len(self.pieces)))
        elif tag == "img":
            self.pieces.append(given.get("alt") or "")
        elif tag in ("ul", "ol"):
            self.lists.append(1 if tag == "ol" else None)
        elif tag == "li":
            self.pieces.append(self._bullet())
        elif tag in ("td", "th"):
            self.pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self.links:
            self._end_of_link(*self.links.pop())
        elif tag in ("ul", "ol") and self.lists:
            self.lists.pop()
        if tag != "br":
            self._break(tag)

    def handle_data(self, data: str) -> None:
        self.pieces.append(re.sub(r"[ \t\r\n\f]+", " ", data))

    def text(self) -> str:
        lines = [re.sub(r" +", " ", line).strip() for line in "".join(self.pieces).split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()

    def _break(self, tag: str) -> None:
        """A new line, or a line between paragraphs; several in a row are no more than one."""
        if tag in PARAGRAPHS:
            self.pieces.append("\n\n")
        elif tag in LINES and (tag == "br" or not "".join(self.pieces[-1:]).endswith("\n")):
            self.pieces.append("\n")

    def _bullet(self) -> str:
        if not self.lists or self.lists[-1] is None:
            return "- "
        self.lists[-1] += 1
        return f"{self.lists[-1] - 1}. "

    def _end_of_link(self, address: str, start: int) -> None:
        shown = "".join(self.pieces[start:]).strip()
        address = "" if address.startswith("#") else address.removeprefix("mailto:").removeprefix("tel:")
        if address and address not in (shown, f"http://{shown}", f"https://{shown}", f"https://{shown}/"):
            self.pieces.append(f" ({address})" if shown else address)
