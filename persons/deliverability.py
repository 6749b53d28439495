"""What bounces say about an address, written down: facts about the address, never an answer (rules 4.14)."""

from collections.abc import Mapping
from typing import Any

from django.db.models.functions import Now

from persons import prepared
from persons.models import Deliverability
from persons.models.address import SOFT_BOUNCES_IN_A_ROW

FAILED = """
INSERT INTO persons_deliverability (address_hash, failed_at, bounces_in_a_row, diagnosis, updated_at)
SELECT hash, clock_timestamp(), 0, words, clock_timestamp()
FROM unnest(%(hashes)s::bytea[], %(words)s::text[]) AS given (hash, words) ORDER BY hash
ON CONFLICT (address_hash) DO UPDATE
SET failed_at = coalesce(persons_deliverability.failed_at, excluded.failed_at),
    diagnosis = excluded.diagnosis, updated_at = excluded.updated_at"""

BOUNCED = """
INSERT INTO persons_deliverability (address_hash, bounces_in_a_row, diagnosis, updated_at)
VALUES (%(hash)s, %(number)s, %(words)s, clock_timestamp())
ON CONFLICT (address_hash) DO UPDATE
SET bounces_in_a_row = CASE WHEN persons_deliverability.bounces_in_a_row >= %(enough)s
                            THEN greatest(persons_deliverability.bounces_in_a_row, excluded.bounces_in_a_row)
                            ELSE excluded.bounces_in_a_row END,
    diagnosis = CASE WHEN persons_deliverability.failed_at IS NULL THEN excluded.diagnosis
                     ELSE persons_deliverability.diagnosis END,
    updated_at = excluded.updated_at"""


def failed(words: Mapping[bytes, str]) -> None:
    """There are no such addresses: by their hash, in the words of their servers."""
    if words:
        prepared.execute(FAILED, {"hashes": list(words), "words": list(words.values())})


def bounced(address_hash: bytes, words: str, *, in_a_row: int) -> None:
    """Messages to an address came back, of so many mailings in a row. Enough of them block it until it is cleared."""
    facts = {"hash": address_hash, "number": in_a_row, "words": words, "enough": SOFT_BOUNCES_IN_A_ROW}
    prepared.execute(BOUNCED, facts)


def clear(address_hash: bytes, *, by: Any) -> bool:
    """Write to an address again; whether it was blocked. `by` None: the address has confirmed itself."""
    blocked = Deliverability.objects.bounced().filter(address_hash=address_hash)
    return blocked.update(failed_at=None, bounces_in_a_row=0, cleared_at=Now(), cleared_by=by, updated_at=Now()) > 0
