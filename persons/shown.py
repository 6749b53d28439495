"""What a page shows before an answer, as a digest that comes back with it: a text may change while it is being read."""

import hashlib
from collections.abc import Iterable

from purposes.models import Wording


def digest(wordings: Iterable[Wording | None]) -> str:
    """SHA-256 over the texts, in their order, as a page carries it; empty where none is shown."""
    digests = [wording.digest() for wording in wordings if wording]
    return hashlib.sha256(b"".join(digests)).hexdigest() if digests else ""
