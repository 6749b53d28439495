"""Who receives a mailing: the table of rules 3, once, in SQL, for a whole set of persons at once.

Everybody asks here: the recipient list, the preview, the person's page, the API and the hand-over of each message.
`judged` is the statement; `counts`, `persons_with` and `explain` put it to use.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from persons.models import ConsentEvent, Deliverability, Person, Suppression
from persons.models.address import SOFT_BOUNCES_IN_A_ROW
from purposes.models import ARTICLE_CONSENT, EMARKETING


class Code(models.TextChoices):
    """The reason, stored, shown and returned. The order is that of the table."""

    RETIRED = "retired", _("Erased, merged or former employee")
    NO_ADDRESS = "no_address", _("No valid e-mail address")
    SUPPRESSED = "suppressed", _("Address blocked")
    BOUNCED = "bounced", _("Address bounced")
    NO_MAILINGS = "no_mailings", _("No mailings")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
    SHARED_ADDRESS = "shared_address", _("Somebody with the same address said no")
    CONSENT = "consent", _("E-marketing is ON")
    SUBSCRIPTION = "subscription", _("Active subscription")
    OVERRIDE = "override", _("Let in by override")
    NOT_FILTERED = "not_filtered", _("Let in, because the filter is off")
    SINGLE = "single", _("Single message")
    EXPIRED = "expired", _("Expired")
    NOT_ACCEPTED = "not_accepted", _("Legal basis no longer accepted")
    NO_CONSENT = "no_consent", _("No consent")
    DUPLICATE = "duplicate", _("Address already among the recipients")
    ADDRESS_CHANGED = "address_changed", _("Address changed since")


LET_IN = frozenset({Code.CONSENT, Code.SUBSCRIPTION, Code.OVERRIDE, Code.NOT_FILTERED, Code.SINGLE})


class Kind(models.TextChoices):
    """What kind of message it is about (rules 3, *Kinds*)."""

    MARKETING = "marketing", _("Marketing")
    SERVICE = "service", _("Service")
    SINGLE = "single", _("Single message")

    @classmethod
    def for_mailings(cls):
        return [(kind.value, kind.label) for kind in (cls.MARKETING, cls.SERVICE)]


@dataclass(frozen=True, kw_only=True)
class Question:
    """What the verdict depends on, besides the person.

    `type` is the key of a subscription type, None for a mailing without one. `purpose` is another than E-marketing
    only for a service message. `filter_on` None asks the setting at the moment of the statement. `moment`, of the
    past, asks what rows 6, 7 and 9-13 would have said then, by what was recorded and set by then.
    """

    kind: Kind = Kind.MARKETING
    type: str | None = None
    purpose: str = EMARKETING
    filter_on: bool | None = None
    override: bool = False
    moment: datetime | None = None


@dataclass(frozen=True)
class Explanation:
    """The verdict on one person, in words. `event` is what it rests on, if it rests on an answer."""

    code: Code
    sentence: str
    event: ConsentEvent | None

    @property
    def allowed(self) -> bool:
        return self.code in LET_IN


# What stands today, and what stood at a moment of the past: the same columns.

CONSENTS_NOW = """
    SELECT person_id, basis_id, given_at, valid_until, wording_id, event_id, is_own
    FROM persons_consent WHERE purpose_id = %(purpose)s"""

SUBSCRIPTIONS_NOW = "SELECT person_id, type_id, is_active, given_at, event_id, is_own FROM persons_subscription"

EVENTS_THEN = """
    SELECT DISTINCT ON (e.person_id, e.purpose_id, e.subscription_type_id)
           e.person_id, e.purpose_id, e.subscription_type_id AS type_id, e.basis_after_id AS basis_id,
           e.given_at, e.valid_until, e.wording_id, e.id AS event_id, e.is_own
    FROM persons_consentevent e JOIN persons_act a ON a.id = e.act_id
    WHERE NOT e.is_late AND a.recorded_at <= %(moment)s AND e.person_id IN (SELECT id FROM {circle})
    ORDER BY e.person_id, e.purpose_id, e.subscription_type_id, e.id DESC"""

CONSENTS_THEN = (
    "SELECT person_id, basis_id, given_at, valid_until, wording_id, event_id, is_own FROM ("
    + EVENTS_THEN
    + ") stood WHERE purpose_id = %(purpose)s AND basis_id IS NOT NULL"
)

SUBSCRIPTIONS_THEN = (
    "SELECT stood.person_id, stood.type_id, b.allows AS is_active, stood.given_at, stood.event_id, stood.is_own FROM ("
    + EVENTS_THEN
    + ") stood JOIN purposes_legalbasis b ON b.key = stood.basis_id WHERE stood.type_id IS NOT NULL"
)

ACCEPTED_NOW = "SELECT basis_id FROM purposes_acceptedbasis WHERE purpose_id = %(purpose)s"

ACCEPTED_THEN = """
    SELECT basis_id FROM (
        SELECT DISTINCT ON (basis_id) basis_id, pgh_label FROM purposes_acceptedbasisevent
        WHERE purpose_id = %(purpose)s AND pgh_created_at <= %(moment)s ORDER BY basis_id, pgh_id DESC) was
    WHERE pgh_label <> 'delete'"""

WORDINGS_NOW = "SELECT id, ask_again_by FROM purposes_wording"

WORDINGS_THEN = """
    SELECT DISTINCT ON (id) id, ask_again_by FROM purposes_wordingevent
    WHERE pgh_created_at <= %(moment)s ORDER BY id, pgh_id DESC"""

TYPES_NOW = "SELECT key, is_active FROM purposes_subscriptiontype"

TYPES_THEN = """
    SELECT DISTINCT ON (key) key, is_active FROM purposes_subscriptiontypeevent
    WHERE pgh_created_at <= %(moment)s ORDER BY key, pgh_id DESC"""

FILTER_NOW = "SELECT filter_recipients FROM purposes_privacysettings"

FILTER_THEN = """
    SELECT filter_recipients FROM purposes_privacysettingsevent
    WHERE pgh_created_at <= %(moment)s ORDER BY pgh_id DESC LIMIT 1"""

# Those asked about, and those who share an address with them.

CIRCLE = """asked AS MATERIALIZED (SELECT id, address FROM persons_person WHERE id IN ({among})),
    circle AS MATERIALIZED (
        SELECT id, address FROM asked
        UNION
        SELECT id, address FROM persons_person WHERE address IN (SELECT address FROM asked)),"""

# An active subscription counts if it is to the mailing's type, or, for a mailing without one, to any active type.

COUNTS = "(%(type)s::text IS NOT NULL OR t.is_active)"

# The facts that the rows of the table are about. `choice` is one row per person with any subscription that matters:
# of the mailing's type, or, for a mailing without a type, of all. Whoever reaches row 8 has no stop of their own, so
# that the latest stop at the address is somebody else's.

FACTS = """
    {circle_ctes}
    consent AS NOT MATERIALIZED ({consents}),
    choice AS (
        SELECT s.person_id,
               bool_or(s.is_active AND {counts}) AS is_active,
               max(s.given_at) FILTER (WHERE NOT s.is_active) AS ended_at,
               max(s.given_at) FILTER (WHERE s.is_active AND s.is_own AND {counts}) AS own_at,
               max(s.event_id) FILTER (WHERE s.is_active AND {counts}) AS active_event_id,
               max(s.event_id) FILTER (WHERE NOT s.is_active) AS ended_event_id
        FROM ({subscriptions}) s JOIN ({types}) t ON t.key = s.type_id
        WHERE (%(type)s::text IS NULL OR s.type_id = %(type)s::text) {of_circle}
        GROUP BY s.person_id),
    stop_at AS (
        SELECT o.address, max(s.given_at) AS stopped_at,
               (array_agg(s.event_id ORDER BY s.given_at DESC))[1] AS event_id
        FROM consent s
        JOIN purposes_legalbasis b ON b.key = s.basis_id AND NOT b.allows
        JOIN {circle} o ON o.id = s.person_id AND o.address IS NOT NULL
        GROUP BY o.address),
    end_at AS (
        SELECT o.address, max(s.ended_at) AS stopped_at,
               (array_agg(s.ended_event_id ORDER BY s.ended_at DESC))[1] AS event_id
        FROM choice s
        JOIN {circle} o ON o.id = s.person_id AND o.address IS NOT NULL
        WHERE s.ended_at IS NOT NULL AND NOT s.is_active
        GROUP BY o.address),
    facts AS (
        SELECT p.id AS person_id, p.address, p.address_hash,
               p.erased_at IS NOT NULL OR p.merged_into_id IS NOT NULL OR p.former_employee AS is_retired,
               blocked.address_hash IS NOT NULL AS is_suppressed,
               bounces.address_hash IS NOT NULL AS has_bounced,
               p.no_mailings OR coalesce(company.no_mailings, false) AS takes_no_mailings,
               basis.allows, basis.article,
               accepted.basis_id IS NOT NULL AS is_accepted,
               coalesce(consent.valid_until <= {now}, false) OR coalesce(wording.ask_again_by <= {now}, false)
                   AS has_run_out,
               coalesce(choice.is_active, false) AS has_subscribed,
               choice.ended_at IS NOT NULL AND NOT choice.is_active AS has_ended,
               stop_at.address IS NOT NULL
                   AND NOT coalesce(basis.allows AND consent.is_own AND consent.given_at > stop_at.stopped_at, false)
                   AS address_stopped,
               end_at.address IS NOT NULL AND NOT coalesce(choice.own_at > end_at.stopped_at, false)
                   AS address_ended,
               consent.event_id AS consent_event_id, choice.active_event_id, choice.ended_event_id,
               stop_at.event_id AS stop_event_id, end_at.event_id AS end_event_id
        FROM {asked_persons}
        LEFT JOIN persons_company company ON company.id = p.company_id
        LEFT JOIN persons_suppression blocked
               ON blocked.address_hash = p.address_hash AND blocked.lifted_at IS NULL
        LEFT JOIN persons_deliverability bounces
               ON bounces.address_hash = p.address_hash
              AND (bounces.failed_at IS NOT NULL OR bounces.bounces_in_a_row >= %(soft_bounces)s)
        LEFT JOIN consent ON consent.person_id = p.id
        LEFT JOIN purposes_legalbasis basis ON basis.key = consent.basis_id
        LEFT JOIN ({accepted}) accepted ON accepted.basis_id = consent.basis_id
        LEFT JOIN ({wordings}) wording ON wording.id = consent.wording_id
        LEFT JOIN choice ON choice.person_id = p.id
        LEFT JOIN stop_at ON stop_at.address = p.address
        LEFT JOIN end_at ON end_at.address = p.address)"""

# The table of rules 3, row by row. {marketing}, {single}, {today} are constants of the question.

TABLE = """
    CASE WHEN {today} AND is_retired                              THEN 'retired'
         WHEN {today} AND address IS NULL                         THEN 'no_address'
         WHEN {today} AND is_suppressed                           THEN 'suppressed'
         WHEN {today} AND has_bounced                             THEN 'bounced'
         WHEN {single}                                            THEN 'single'
         WHEN {today} AND {marketing} AND takes_no_mailings       THEN 'no_mailings'
         WHEN NOT allows                                          THEN 'withdrawn'
         WHEN {marketing} AND has_ended                           THEN 'unsubscribed'
         WHEN {today} AND {marketing} AND (address_stopped OR address_ended) THEN 'shared_address'
         WHEN allows AND is_accepted AND NOT has_run_out          THEN 'consent'
         WHEN {marketing} AND has_subscribed                      THEN 'subscription'
         WHEN {marketing} AND %(override)s                        THEN 'override'
         WHEN {marketing} AND NOT {filter_on}                     THEN 'not_filtered'
         WHEN allows AND has_run_out                              THEN 'expired'
         WHEN allows                                              THEN 'not_accepted'
         ELSE 'no_consent' END"""

JUDGED = """
WITH {facts}, coded AS (SELECT facts.*, {table} AS code FROM facts)
SELECT person_id, address, address_hash, code,
       CASE code WHEN 'subscription' THEN active_event_id
                 WHEN 'unsubscribed' THEN ended_event_id
                 WHEN 'shared_address' THEN CASE WHEN address_stopped THEN stop_event_id ELSE end_event_id END
                 WHEN 'withdrawn' THEN consent_event_id
                 WHEN 'consent' THEN consent_event_id
                 WHEN 'override' THEN consent_event_id
                 WHEN 'not_filtered' THEN consent_event_id
                 WHEN 'expired' THEN consent_event_id
                 WHEN 'not_accepted' THEN consent_event_id END AS event_id,
       code = 'subscription' OR (code = 'consent' AND article = %(article_consent)s) AS rests_on_consent
FROM coded"""


def judged(question: Question, among: str | None = None) -> tuple[str, dict[str, Any]]:
    """The statement that gives person_id, address, address_hash, code, event_id and rests_on_consent of each person.

    `among` is SQL that selects the ids of the persons asked about, without parameters; None asks about everybody.
    The answer is the SQL and its named parameters, to stand in parentheses or behind WITH.
    """
    then = question.moment is not None
    circle = "circle" if among else "persons_person"
    facts = FACTS.format(
        circle_ctes=CIRCLE.format(among=among) if among else "",
        circle=circle,
        of_circle="AND s.person_id IN (SELECT id FROM circle)" if among else "",
        asked_persons="asked JOIN persons_person p ON p.id = asked.id" if among else "persons_person p",
        consents=CONSENTS_THEN.format(circle=circle) if then else CONSENTS_NOW,
        subscriptions=SUBSCRIPTIONS_THEN.format(circle=circle) if then else SUBSCRIPTIONS_NOW,
        accepted=ACCEPTED_THEN if then else ACCEPTED_NOW,
        wordings=WORDINGS_THEN if then else WORDINGS_NOW,
        types=TYPES_THEN if then else TYPES_NOW,
        counts=COUNTS,
        now="%(moment)s" if then else "statement_timestamp()",
    )
    table = TABLE.format(
        today=_constant(not then),
        single=_constant(question.kind == Kind.SINGLE),
        marketing=_constant(question.kind == Kind.MARKETING),
        filter_on=f"coalesce(%(filter_on)s, ({FILTER_THEN if then else FILTER_NOW}))",
    )
    return JUDGED.format(facts=facts, table=table), _parameters(question)


def counts(question: Question, among: QuerySet[Person] | None = None) -> dict[str, int]:
    """How many persons get which code; codes that nobody gets are left out."""
    sql, parameters = judged(question, among_ids(among))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT code, count(*) FROM ({sql}) v GROUP BY code", parameters)
        return dict(cursor.fetchall())


def codes(question: Question, persons: Iterable[Person]) -> dict[int, Code]:
    """The code of each of some persons, by their ids."""
    ids = [person.pk for person in persons]
    sql, parameters = judged(question, "SELECT unnest(%(ids)s::bigint[])")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT person_id, code FROM ({sql}) v", parameters | {"ids": ids})
        return {person_id: Code(code) for person_id, code in cursor.fetchall()}


def persons_with(question: Question, *codes: Code) -> QuerySet[Person]:
    """The persons whose verdict is one of the codes."""
    return Person.objects.filter(pk__in=ids_with(question, *codes))


def ids_with(question: Question, *codes: Code) -> RawSQL:
    """The ids of the persons whose verdict is one of the codes, to stand behind `pk__in`."""
    sql, parameters = judged(question)
    ids = f"SELECT person_id FROM ({sql}) v WHERE code = ANY(%(codes)s)"
    return RawSQL(composed(ids, parameters | {"codes": list(codes)}), [])


def explain(person: Person, question: Question | None = None) -> Explanation:
    """The verdict on one person, as a sentence that may stand on a page."""
    sql, parameters = judged(question or Question(), "SELECT %(person)s")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT code, event_id FROM ({sql}) v", parameters | {"person": person.pk})
        code, event_id = cursor.fetchone()
    event = ConsentEvent.objects.select_related("act", "basis_after", "source").filter(pk=event_id).first()
    return Explanation(Code(code), sentence(Code(code), event), event)


def of_address(address_hash: bytes) -> Code:
    """Rows 3 and 4 alone, for a single message to an address of which it is not known whose it is."""
    if Suppression.objects.standing().filter(address_hash=address_hash).exists():
        return Code.SUPPRESSED
    if Deliverability.objects.bounced().filter(address_hash=address_hash).exists():
        return Code.BOUNCED
    return Code.SINGLE


def among_ids(persons: QuerySet[Person] | None) -> str | None:
    """A set of persons as SQL that selects their ids, ready to stand in `judged`."""
    if persons is None:
        return None
    try:
        sql, parameters = persons.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:  # Django sees without asking that nobody is in it
        return "SELECT NULL::bigint WHERE false"
    return composed(sql, parameters)


def sentence(code: Code, event: ConsentEvent | None) -> str:
    """The plain answer to "Can this person receive it?"."""
    answer = gettext("Yes") if code in LET_IN else gettext("No")
    return f"{answer} - {_why(code, event)}"


def _why(code: Code, event: ConsentEvent | None) -> str:
    if code == Code.NO_CONSENT:
        return gettext("Never asked")
    if code == Code.NO_MAILINGS:
        return gettext("Kept out by staff (No mailings)")
    if event is None or event.basis_after is None:
        return str(code.label)
    facts = {
        "answer": code.label
        if code in (Code.UNSUBSCRIBED, Code.SUBSCRIPTION, Code.SHARED_ADDRESS)
        else event.basis_after,
        "date": date_format(timezone.localtime(event.given_at), "j M Y")
        if event.given_at
        else gettext("on an unknown day"),
        "whence": gettext("the person") if event.is_own else event.source,
    }
    if code in (Code.EXPIRED, Code.NOT_ACCEPTED, Code.NOT_FILTERED, Code.OVERRIDE):
        return gettext("{reason}: {answer}, {date} ({whence})").format(reason=code.label, **facts)
    return gettext("{answer}, {date} ({whence})").format(**facts)


def _constant(value: bool) -> str:
    return "true" if value else "false"


def _parameters(question: Question) -> dict[str, Any]:
    return {
        "type": question.type,
        "purpose": question.purpose,
        "filter_on": question.filter_on,
        "override": question.override,
        "moment": question.moment,
        "soft_bounces": SOFT_BOUNCES_IN_A_ROW,
        "article_consent": ARTICLE_CONSENT,
    }


def composed(sql: str, parameters: Any) -> str:
    """SQL with its parameters as literals, itself fit to stand in a statement with parameters."""
    with connection.cursor() as cursor:
        return cursor.mogrify(sql, parameters).replace("%", "%%")
