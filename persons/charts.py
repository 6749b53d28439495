"""The geometry of the drawings on a page. The templates bar.html and line.html draw it; no number is formatted here.

A drawing is 100 wide and is stretched to its place: lengths are therefore texts in hundredths, with a point whatever
the reader's language.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Part:
    """A part of a bar: `kind` names its look, `url` leads to what it counts."""

    kind: str
    label: str
    number: int
    url: str = ""
    start: str = "0"
    width: str = "0"


def bar(parts: Sequence[Part]) -> list[Part]:
    """The parts one behind the other, filling the whole width together; all of them empty: no width."""
    whole = sum(part.number for part in parts) or 1
    ends = list(accumulate(part.number for part in parts))
    return [
        Part(
            part.kind,
            part.label,
            part.number,
            part.url,
            start=_hundredths((end - part.number) / whole),
            width=_hundredths(part.number / whole),
        )
        for part, end in zip(parts, ends, strict=True)
    ]


@dataclass(frozen=True)
class Series:
    """One line: `points` as SVG wants them."""

    kind: str
    label: str
    numbers: Sequence[int]
    points: str


@dataclass(frozen=True)
class Line:
    """Lines over the same places. `ticks` from the top to the bottom; `rows` are the table behind: place, numbers."""

    places: Sequence[Any]
    series: list[Series]
    ticks: tuple[int, int, int]

    @property
    def rows(self) -> Iterable[tuple[Any, tuple[int, ...]]]:
        return zip(self.places, zip(*(one.numbers for one in self.series), strict=True), strict=True)


def line(places: Sequence[Any], numbers: dict[tuple[str, str], Sequence[int]]) -> Line:
    """`numbers` by kind and label of the series, each as many as there are places."""
    top = round_above(max((max(one, default=0) for one in numbers.values()), default=0))
    series = [Series(kind, label, one, _points(one, top)) for (kind, label), one in numbers.items()]
    return Line(places, series, (top, top // 2, 0))


def round_above(number: int) -> int:
    """The next even number that is easy to read on an axis."""
    size = 1
    while True:
        for step in STEPS:
            if (top := step * size) >= max(number, 2) and top % 2 == 0:
                return int(top)
        size *= 10


def _points(numbers: Sequence[int], top: int) -> str:
    """Each number in the middle of its share of the width; y goes down."""
    width = 1 / len(numbers) if numbers else 0
    places = ((_hundredths((at + 0.5) * width), _hundredths(1 - number / top)) for at, number in enumerate(numbers))
    return " ".join(f"{x},{y}" for x, y in places)


def _hundredths(share: float) -> str:
    return f"{share * 100:.2f}"
