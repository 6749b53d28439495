"""What a bounce means for the address it is about: rules 3, row 4."""

from collections.abc import Iterable

from mailings.diagnosis import COUNTED, Bounce
from persons import deliverability, prepared

IN_A_ROW = """
WITH mailed AS (
    SELECT r.mailing_id, max(r.claimed_at) AS at,
           bool_or(r.bounce = ANY(%(counted)s) AND r.bounced_at <= r.claimed_at + interval '72 hours') AS is_bounced,
           bool_or(r.bounce <> '' AND NOT r.bounce = ANY(%(counted)s)) AS says_nothing
    FROM (SELECT r.* FROM persons_person p JOIN mailings_recipient r ON r.person_id = p.id
          WHERE p.address_hash = %(hash)s AND r.address_hash = %(hash)s
          UNION ALL
          SELECT r.* FROM mailings_recipient r WHERE r.address IS NULL AND r.address_hash = %(hash)s) r
    LEFT JOIN persons_deliverability d ON d.address_hash = %(hash)s
    WHERE (r.state = 'sent' OR r.bounce <> '')
      AND r.claimed_at > coalesce(d.cleared_at, '-infinity')
    GROUP BY r.mailing_id),
rows AS (
    SELECT mailing_id, is_bounced, count(*) FILTER (WHERE NOT is_bounced) OVER (ORDER BY at, mailing_id) AS row
    FROM mailed WHERE is_bounced OR NOT says_nothing)
SELECT count(*) FROM rows
WHERE is_bounced AND row = (SELECT row FROM rows WHERE mailing_id = %(mailing)s AND is_bounced)"""


def take_note(mailing_id: int, bounces: Iterable[tuple[bytes | None, Bounce, str]]) -> None:
    """Write down what bounces of a mailing say about their addresses: hash, class, and the server's words.

    After the recipients have been marked. Whatever is about us says nothing about an address.
    """
    bounces = sorted(bounces, key=lambda one: one[0] or b"")  # always in the same order: no deadlocks
    nobody = {hash_: words for hash_, bounce, words in bounces if hash_ and bounce == Bounce.NO_SUCH_ADDRESS}
    deliverability.failed(nobody)
    for hash_, bounce, words in bounces:
        if hash_ and bounce in COUNTED:
            deliverability.bounced(hash_, words, in_a_row=_in_a_row(hash_, mailing_id))


def _in_a_row(address_hash: bytes, mailing_id: int) -> int:
    """Of how many mailings in a row, this one among them, messages to the address came back.

    A mailing breaks the row of which nothing came back within 72 hours. One that was refused because of us is passed
    over.
    """
    facts = {"hash": address_hash, "mailing": mailing_id, "counted": [one.value for one in COUNTED]}
    [(number,)] = prepared.execute(IN_A_ROW, facts)
    return number
