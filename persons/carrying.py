"""Answers brought from one person to another, and ended where nobody stands any more: what merge and erasure write."""

from collections.abc import Iterable

from persons import journal, keeping
from persons.ledger import Recorder
from persons.models import Person

# `late` is kept in the history of the kept person; `over` stands there from now on; what stood for `gone` ends.

CARRIED = """
    SELECT %(kept)s AS person_id, e.purpose_id, e.subscription_type_id AS type_id,
           coalesce(c.basis_id, CASE WHEN s.is_active THEN '61A' WHEN NOT s.is_active THEN 'WITHDRAWN' END) AS stood_on,
           e.id AS was_id, e.valid_until, e.id = ANY(%(late)s) AS is_late, NULL::bigint AS undoes_id
    FROM persons_consentevent e
    LEFT JOIN persons_consent c ON c.person_id = %(kept)s AND c.purpose_id = e.purpose_id
    LEFT JOIN persons_subscription s ON s.person_id = %(kept)s AND s.type_id = e.subscription_type_id
    WHERE e.id = ANY(%(over)s) OR e.id = ANY(%(late)s)
    UNION ALL
    SELECT e.person_id, e.purpose_id, e.subscription_type_id, e.basis_after_id, NULL, NULL, false, NULL
    FROM persons_consentevent e
    WHERE e.id IN (SELECT event_id FROM persons_consent WHERE person_id = ANY(%(gone)s)
                   UNION ALL SELECT event_id FROM persons_subscription WHERE person_id = ANY(%(gone)s))
    ORDER BY is_late DESC, was_id"""


def carry(
    *,
    gone: Iterable[Person],
    kept: Person | None = None,
    over: Iterable[int] = (),
    late: Iterable[int] = (),
    by: Recorder,
) -> int | None:
    """End everything that stands for those who are gone, and bring the events named to the one who is kept.

    Runs in the transaction of the caller, who has locked all of them. The id of the act; None where there was nothing.
    """
    events = {"gone": [person.pk for person in gone], "over": list(over), "late": list(late)}
    written = keeping.write_again(CARRIED, events | {"kept": kept.pk if kept else None}, by=by)
    if not written:
        return None
    act_id, _person = written[0]
    journal.keep(act_id)
    return act_id
