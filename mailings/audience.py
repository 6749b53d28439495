"""A mailing's recipients: everybody of its sources, with the verdict on each, in one statement."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now
from django.utils.translation import gettext

from mailings.claims import question_of
from mailings.models import Mailing, Recipient
from mailings.steering import Refused
from persons import verdict
from persons.filters import persons_asked_for, persons_of
from persons.models import Person
from persons.verdict import LET_IN, Code

# Everybody of the sources with their code. Of those let in with one address, all but the first are duplicates.

CODED = """
judged AS MATERIALIZED ({judged}),
coded AS (
    SELECT person_id, address, address_hash, event_id,
           CASE WHEN NOT code = ANY(%(let_in)s) THEN code
                WHEN %(one_per_address)s
                 AND row_number() OVER (PARTITION BY address, code = ANY(%(let_in)s) ORDER BY person_id) > 1
                THEN %(duplicate)s
                ELSE code END AS code
    FROM judged)"""

BUILT = """
WITH {coded}
INSERT INTO mailings_recipient (mailing_id, person_id, address, address_hash, one_per_address, code, event_id, state,
                                attempts, answer)
SELECT %(mailing)s, person_id, address, address_hash, %(one_per_address)s, code, event_id,
       CASE WHEN code = ANY(%(let_in)s) THEN %(waiting)s ELSE %(held_back)s END, 0, ''
FROM coded ORDER BY person_id"""


def build(mailing: Mailing) -> int:
    """Make the list of recipients, in place of the one there is; how many persons are in it.

    Whoever is held back is in it too, with the reason. Only before it is started: raises Refused afterwards, and where
    the mailing was changed meanwhile. It is not locked, so that a long list can be called off.
    """
    with transaction.atomic():
        mailing = Mailing.objects.get(pk=mailing.pk)
        if not mailing.is_before_start:
            raise Refused(gettext("The list can no longer be built: the mailing has been started."))
        sql, parameters = _coded(mailing)
        mailing.recipients.all()._raw_delete(mailing.recipients.db)
        with connection.cursor() as cursor:
            cursor.execute(BUILT.format(coded=sql), parameters)
            built = cursor.rowcount
            # else the planner takes the new mailing for a small one, and claims by sorting
            cursor.execute("ANALYZE mailings_recipient")
        connection.check_constraints()  # at the commit it would take its time too, with the mailing locked
        as_it_was = Mailing.objects.filter(pk=mailing.pk, state=mailing.state, updated_at=mailing.updated_at)
        if not as_it_was.update(built_at=Now()):
            raise Refused(gettext("The mailing was changed meanwhile. Make the list anew."))
    return built


def sources(mailing: Mailing) -> QuerySet[Person]:
    """The persons it is meant for: everybody who is kept, or whoever one of its sources holds. Raises Refused."""
    if mailing.to_everybody:
        return Person.objects.kept()
    chosen = [persons_of(selection) for selection in mailing.selections.all()]
    if mailing.filter:
        chosen.append(persons_asked_for(mailing.filter))
    if mailing.companies.exists():
        chosen.append(Person.objects.filter(company__mailings=mailing))
    if mailing.persons.exists():
        chosen.append(Person.objects.filter(mailings=mailing))
    if not chosen:
        raise Refused(gettext("The mailing has no source: choose a selection, or all persons."))
    return Person.objects.filter(reduce(or_, (Q(pk__in=persons.order_by().values("pk")) for persons in chosen)))


# ---- what the list would say if it were built now


def codes_now(mailing: Mailing, *, filter_on: bool | None = None) -> dict[str, int]:
    """How many persons would get which code; `filter_on` None asks with the setting as it is. Raises Refused."""
    sql, parameters = _coded(mailing, filter_on)
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {sql} SELECT code, count(*) FROM coded GROUP BY code", parameters)
        return dict(cursor.fetchall())


def persons_now(mailing: Mailing, codes: Collection[str], *, filter_on: bool | None = None) -> QuerySet[Person]:
    """Those who would get one of the codes. Raises Refused."""
    sql, parameters = _coded(mailing, filter_on)
    ids = f"WITH {sql} SELECT person_id FROM coded WHERE code = ANY(%(codes)s)"
    return Person.objects.filter(pk__in=RawSQL(verdict.composed(ids, parameters | {"codes": list(codes)}), []))


def verdicts_now(
    mailing: Mailing, persons: Iterable[int], *, filter_on: bool | None = None
) -> dict[int, tuple[str, int | None]]:
    """Code and deciding event of some of the persons, by their ids. Raises Refused."""
    sql, parameters = _coded(mailing, filter_on)
    asked = f"WITH {sql} SELECT person_id, code, event_id FROM coded WHERE person_id = ANY(%(persons)s)"
    with connection.cursor() as cursor:
        cursor.execute(asked, parameters | {"persons": list(persons)})
        return {person: (code, event) for person, code, event in cursor.fetchall()}


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


def _coded(mailing: Mailing, filter_on: bool | None = None) -> tuple[str, dict[str, Any]]:
    """The common part of the statements above, with all of their parameters."""
    question = replace(question_of(mailing), filter_on=filter_on)
    sql, parameters = verdict.judged(question, verdict.among_ids(sources(mailing)))
    return CODED.format(judged=sql), parameters | _facts(mailing)


def _facts(mailing: Mailing) -> dict[str, Any]:
    return {
        "mailing": mailing.pk,
        "one_per_address": mailing.one_per_address,
        "let_in": [code.value for code in LET_IN],
        "duplicate": Code.DUPLICATE.value,
        "waiting": Recipient.State.WAITING.value,
        "held_back": Recipient.State.HELD_BACK.value,
    }
