"""What became of a text, word by word."""

import re
from difflib import SequenceMatcher
from typing import NamedTuple

PIECES = re.compile(r"\s+|[^\W_]+|[\W_]")


class Piece(NamedTuple):
    """A run of words: `kind` is same, gone or new."""

    kind: str
    text: str


def differences(before: str, after: str) -> list[Piece]:
    """The pieces of both texts in reading order; what is gone comes before what is new in its place."""
    old, new = PIECES.findall(before), PIECES.findall(after)
    found: list[Piece] = []
    for deed, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if deed == "equal":
            found.append(Piece("same", "".join(old[a:b])))
            continue
        pieces = [Piece("gone", "".join(old[a:b])), Piece("new", "".join(new[c:d]))]
        found += [piece for piece in pieces if piece.text]
    return found
