"""A mailing's recipients: everybody of its sources, with the verdict on each, in one statement."""

from functools import reduce
from operator import or_

from django.db import connection, transaction
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.utils.translation import gettext

from mailings.claims import question_of
from mailings.models import Mailing, Recipient
from mailings.steering import Refused
from persons import verdict
from persons.filters import persons_of
from persons.models import Person
from persons.verdict import LET_IN, Code

BUILT = """
WITH judged AS MATERIALIZED ({judged}),
coded AS (
    SELECT person_id, address, address_hash, event_id,
           CASE WHEN NOT code = ANY(%(let_in)s) THEN code
                WHEN %(one_per_address)s
                 AND row_number() OVER (PARTITION BY address, code = ANY(%(let_in)s) ORDER BY person_id) > 1
                THEN %(duplicate)s
                ELSE code END AS code
    FROM judged)
INSERT INTO mailings_recipient (mailing_id, person_id, address, address_hash, one_per_address, code, event_id, state,
                                attempts, answer)
SELECT %(mailing)s, person_id, address, address_hash, %(one_per_address)s, code, event_id,
       CASE WHEN code = ANY(%(let_in)s) THEN %(waiting)s ELSE %(held_back)s END, 0, ''
FROM coded ORDER BY person_id"""


def build(mailing: Mailing) -> int:
    """Make the list of recipients, in place of the one there is; how many persons are in it.

    Whoever is held back is in it too, with the reason. Only while the mailing is a draft: raises Refused afterwards.
    """
    with transaction.atomic():
        mailing = Mailing.objects.select_for_update().get(pk=mailing.pk)
        if mailing.state != Mailing.State.DRAFT:
            raise Refused(gettext("The list can no longer be built: the mailing has been started."))
        among = verdict.among_ids(sources(mailing))
        sql, parameters = verdict.judged(question_of(mailing), among)
        mailing.recipients.all()._raw_delete(mailing.recipients.db)
        with connection.cursor() as cursor:
            cursor.execute(BUILT.format(judged=sql), parameters | _facts(mailing))
            built = cursor.rowcount
        Mailing.objects.filter(pk=mailing.pk).update(built_at=Now(), updated_at=Now())
    with connection.cursor() as cursor:  # else the planner takes the new mailing for a small one, and claims by sorting
        cursor.execute("ANALYZE mailings_recipient")
    return built


def sources(mailing: Mailing):
    """The persons a mailing is meant for: everybody who is kept, or those of its selections. Raises Refused."""
    if mailing.to_everybody:
        return Person.objects.kept()
    chosen = list(mailing.selections.all())
    if not chosen:
        raise Refused(gettext("The mailing has no source: choose a selection, or all persons."))
    return Person.objects.filter(reduce(or_, (Q(pk__in=persons_of(one).order_by().values("pk")) for one in chosen)))


def numbers(mailing: Mailing) -> dict:
    """How many recipients there are, by state and by code. The states always add up to the total."""
    rows = mailing.recipients.order_by().values("state", "code").annotate(number=Count("pk"))
    states = dict.fromkeys(Recipient.State.values, 0)
    codes = dict.fromkeys(Code.values, 0)
    for row in rows:
        states[row["state"]] += row["number"]
        codes[row["code"]] += row["number"]
    return {
        "total": sum(states.values()),
        "states": {state: number for state, number in states.items() if number},
        "codes": {code: number for code, number in codes.items() if number},
    }


def _facts(mailing: Mailing) -> dict:
    return {
        "mailing": mailing.pk,
        "one_per_address": mailing.one_per_address,
        "let_in": [code.value for code in LET_IN],
        "duplicate": Code.DUPLICATE.value,
        "waiting": Recipient.State.WAITING.value,
        "held_back": Recipient.State.HELD_BACK.value,
    }
