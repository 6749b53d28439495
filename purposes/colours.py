"""Whether a colour can be read on our pages (WCAG 2.2, success criterion 1.4.3)."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LIGHT, DARK = "#f5f5f2", "#1b1e1d"  # --ground of the style sheet, light and dark
WHITE, BLACK = "#ffffff", "#000000"
LEAST = 4.5

HEX = re.compile(r"#[0-9a-f]{6}\Z", re.IGNORECASE)


def contrast(one: str, other: str) -> float:
    """The ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def text_on(colour: str) -> str:
    """Black or white, whichever reads better on it; one of them always reads well enough."""
    return max((WHITE, BLACK), key=lambda text: contrast(text, colour))


def readable_on_light(colour: str) -> None:
    _readable(colour, LIGHT, _("Choose a darker one."))


def readable_on_dark(colour: str) -> None:
    _readable(colour, DARK, _("Choose a lighter one."))


def _readable(colour: str, ground: str, advice: object) -> None:
    if not HEX.match(colour):
        raise ValidationError(_("Give the colour as # and six digits, for example #0b6a5b."), code="colour")
    ratio = int(contrast(colour, ground) * 10) / 10  # cut, not rounded: 4.49 is not 4.5
    if ratio < LEAST:
        raise ValidationError(
            _(
                "Text in this colour would be hard to read: its contrast to the page is %(ratio)s : 1, "
                "and it takes at least 4.5 : 1. %(advice)s"
            ),
            code="contrast",
            params={"ratio": ratio, "advice": advice},
        )


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
