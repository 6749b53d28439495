"""Keeping to the rates of the settings, across all workers: by the database, whose clock and rows all of them share.

Each rate has a moment up to which it is used up. Whoever wants to send asks for so many at once and is granted as many
as fit into the half second ahead of now; the moment moves on by what was granted.
"""

from collections import Counter
from collections.abc import Iterable

from django.db import connection
from psycopg.types.numeric import Int8

from mailings.models import Mailing
from persons import prepared

BURST = 0.5  # seconds whose messages may go out at once; always at least one message

GRANTED = """
WITH wanted AS (
    SELECT * FROM unnest(%(keys)s::text[], %(numbers)s::bigint[]) AS given (key, number)),
locked AS MATERIALIZED (
    SELECT p.key, greatest(p.free_at, clock_timestamp()) AS free_at, number
    FROM mailings_pace p JOIN wanted ON wanted.key = p.key ORDER BY p.key FOR UPDATE OF p),
granted AS (
    SELECT key, free_at, least(number, greatest(0, floor(0.001 + %(rate)s::float8 * (
               greatest(%(burst)s::float8, 1 / %(rate)s::float8)
               - extract(epoch FROM free_at - clock_timestamp())::float8))))::int AS number
    FROM locked)
UPDATE mailings_pace p SET free_at = g.free_at + g.number * interval '1 second' / %(rate)s::float8
FROM granted g WHERE p.key = g.key
RETURNING p.key, g.number"""

KNOWN = """
INSERT INTO mailings_pace (key, free_at) SELECT key, '-infinity' FROM unnest(%(keys)s::text[]) AS given (key)
ON CONFLICT DO NOTHING"""

USED_UP = """
WITH ahead AS (SELECT greatest(%(burst)s::float8 - 1 / %(rate)s::float8, 0) AS seconds)
SELECT key, extract(epoch FROM free_at - clock_timestamp())::float8 - seconds
FROM mailings_pace, ahead
WHERE key LIKE '@%%' AND free_at > clock_timestamp() + seconds * interval '1 second'"""


def of_mailing(mailing: Mailing, number: int, rate: int) -> int:
    """How many of so many messages of a mailing may go out now."""
    key = f"#{mailing.pk}"
    return _granted({key: number}, rate)[key]


def of_domains(addresses: Iterable[str], rate: int) -> list[bool]:
    """For each address whether a message may go to its domain now."""
    domains = ["@" + domain_of(address) for address in addresses]
    granted = _granted(Counter(domains), rate)
    admitted = []
    for domain in domains:
        granted[domain] -= 1
        admitted.append(granted[domain] >= 0)
    return admitted


def used_up(rate: int) -> dict[str, float]:
    """The domains to which nothing may go just now, and in how many seconds something may."""
    rows = prepared.execute(USED_UP, {"rate": float(rate), "burst": BURST})
    return {key.removeprefix("@"): seconds for key, seconds in rows}


def forget() -> None:
    """Drop what says nothing any more."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM mailings_pace WHERE free_at < now() - interval '1 hour'")


def domain_of(address: str) -> str:
    return address.rpartition("@")[2]


def _granted(wanted: dict[str, int], rate: int) -> dict[str, int]:
    keys = sorted(wanted)
    numbers = [Int8(wanted[key]) for key in keys]
    prepared.execute(KNOWN, {"keys": keys})
    granted = dict.fromkeys(keys, 0)
    granted.update(prepared.execute(GRANTED, {"keys": keys, "numbers": numbers, "rate": float(rate), "burst": BURST}))
    return granted
