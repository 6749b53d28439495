"""The mailings of the demo. No server is there: what became of each message is written down as the worker would."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db import connection
from django.utils import timezone

from consent_crm.models import User
from mailings import audience, steering
from mailings.claims import question_of
from mailings.models import Mailing, Recipient
from persons import verdict
from persons.models import Deliverability, Selection
from persons.verdict import LET_IN, Kind
from purposes.models import STORE

SENT = "250 2.0.0 Ok: queued"
NOBODY_THERE = "550 5.1.1 Recipient address rejected: User unknown"
FULL = "552 5.2.2 The mailbox is full"
SLOW_DOWN = "550 5.7.1 Too many messages from this sender in the last hour; ask your provider to raise the limit"
WORKER_DIED = "The worker stopped while this message was being handed over."
RATE = timedelta(milliseconds=40)
VISITORS, NORWAY = "Visitors of the trade fair", "Customers in Norway"


@dataclass(frozen=True)
class Plan:
    """A mailing of the story. `days_ago` when it was sent; None: it was not. `share` of the audience got it."""

    name: str
    subject: str
    text: str
    type: str | None = None
    days_ago: int | None = None
    state: Mailing.State = Mailing.State.SENT
    share: float = 1.0
    uncertain: int = 0
    selection: str = ""
    is_built: bool = True
    service_reason: str = ""


PLANS = [
    Plan(
        "Welcome to our newsletter",
        "{{ first_name }}, this is our newsletter",
        "four times a year we write about new products, about people who use them, and about what went wrong.",
        "NEWS",
        days_ago=540,
    ),
    Plan(
        "Open house",
        "Come and see the new workshop",
        "we open the doors of the new workshop, and there is coffee and cake.",
        "INVITATIONS",
        days_ago=400,
        selection=VISITORS,
    ),
    Plan(
        "Clearance sale",
        "Half price on everything that has to go",
        "the old series makes room for the new one: everything in stock is sold at half price this week.",
        "PROMOTIONS",
        days_ago=290,
        uncertain=2,
    ),
    Plan(
        "New terms of delivery",
        "Our terms of delivery change",
        "from next month on we deliver to {{ city }} within two working days. The new terms are on our pages.",
        days_ago=200,
        service_reason="Customers must be told about changed terms of delivery.",
    ),
    Plan(
        "News of the quarter",
        "{{ first_name }}, three things are new",
        "three things are new: a lighter frame, a longer warranty, and a person who answers the phone at once.",
        "NEWS",
        days_ago=120,
    ),
    Plan(
        "Flash sale",
        "Only today: 30 per cent off",
        "only today everything is 30 per cent off.",
        "PROMOTIONS",
        days_ago=45,
        state=Mailing.State.CANCELLED,
        share=0.35,
    ),
    Plan(
        "News of the month",
        "{{ first_name }}, here is the news of the month",
        "we have moved the warehouse, hired two people, and learned to deliver on Saturdays.",
        "NEWS",
        days_ago=12,
        uncertain=3,
    ),
    Plan(
        "Customer day",
        "An invitation to our customer day",
        "once a year we invite you to see what comes next. Bring a colleague along.",
        "INVITATIONS",
        days_ago=1,
        state=Mailing.State.PAUSED,
        share=0.3,
    ),
    Plan(
        "Offers for our neighbours",
        "{{ first_name }}, offers for {{ city }}",
        "this week we deliver free of charge to {{ city }}.",
        "PROMOTIONS",
        selection=NORWAY,
        state=Mailing.State.DRAFT,
    ),
    Plan(
        "Season's greetings",
        "Thank you for this year",
        "thank you for this year. We are back on the second of January.",
        state=Mailing.State.DRAFT,
        is_built=False,
    ),
]
BODY = (
    "<h1>{subject}</h1>\n<p>Hello {{{{ first_name }}}},</p>\n<p>{text}</p>\n"
    '<p><a href="https://www.example.com/">Read more</a></p>\n<p>Kind regards<br>The Example Company</p>\n'
)


def sent_at(plan: Plan, today: datetime) -> datetime:
    return today - timedelta(days=plan.days_ago or 0) + timedelta(hours=-14)


def drafted_at(plan: Plan, today: datetime) -> datetime:
    return sent_at(plan, today) - timedelta(days=7) if plan.days_ago else today - timedelta(hours=9)


def draft(plan: Plan, today: datetime, user: User | None) -> Mailing:
    """Write the mailing, and decide about each of its recipients by what has been answered up to now."""
    made = drafted_at(plan, today)
    mailing = Mailing(
        name=plan.name,
        subject=plan.subject,
        body=BODY.format(subject=plan.subject, text=plan.text[0].upper() + plan.text[1:]),
        type_id=plan.type,
        kind=Kind.SERVICE if plan.service_reason else Kind.MARKETING,
        purpose_id=STORE if plan.service_reason else None,
        service_reason=plan.service_reason,
        to_everybody=not plan.selection,
        created_at=made,
        created_by=user,
    )
    mailing.full_clean(exclude=["created_by"])
    mailing.save()
    if plan.selection:
        mailing.selections.add(Selection.objects.get(name=plan.selection))
    if plan.is_built:
        audience.build(mailing)
        Mailing.objects.filter(pk=mailing.pk).update(built_at=made, updated_at=made)
    return mailing


def hand_over(plan: Plan, mailing: Mailing, today: datetime, user: User | None, dead: set[int], chance: Random) -> None:
    """Note what came of the messages, of all or of the first part; then the mailing is sent, paused or cancelled."""
    begun = sent_at(plan, today)
    waiting = list(mailing.recipients.waiting().order_by("pk").values_list("pk", "person_id", "address_hash"))
    handed = waiting[: round(len(waiting) * plan.share)]
    uncertain = set(chance.sample([row[0] for row in handed], plan.uncertain))
    outcomes = [_outcome(row, row[0] in uncertain, dead, chance) for row in handed]
    _note(mailing, begun, outcomes, chance)
    _note_bounces(begun, {bytes(row[2]) for row in handed if row[1] in dead})
    ended = begun + RATE * len(handed)
    mailing.state = Mailing.State.SENDING
    Mailing.objects.filter(pk=mailing.pk).update(state=mailing.state, started_at=begun, started_by=user)
    _end(plan, mailing)
    over = {"finished_at": ended} if plan.state != Mailing.State.PAUSED else {}
    Mailing.objects.filter(pk=mailing.pk).update(state=plan.state, updated_at=ended, **over)


def _outcome(row: tuple, is_uncertain: bool, dead: set[int], chance: Random) -> tuple[int, str, str]:
    if row[1] in dead:
        return row[0], Recipient.State.FAILED, NOBODY_THERE
    if is_uncertain:
        return row[0], Recipient.State.UNCERTAIN, WORKER_DIED
    if chance.random() < 0.004:
        return row[0], Recipient.State.FAILED, FULL
    return row[0], Recipient.State.SENT, SENT


def _end(plan: Plan, mailing: Mailing) -> None:
    if plan.state == Mailing.State.PAUSED:
        steering.pause(mailing, because=SLOW_DOWN)
    elif plan.state == Mailing.State.CANCELLED:
        steering.cancel(mailing)


# As the claim of a message does, the verdict is asked again: who has said no since the list was built is held back.

HANDED_OVER = """
WITH judged AS MATERIALIZED ({judged}),
outcome AS (
    SELECT o.id, o.number, judged.person_id, judged.address_hash, judged.event_id, judged.code, o.answer,
           judged.code = ANY(%(let_in)s) AS is_let_in,
           CASE WHEN judged.code = ANY(%(let_in)s) THEN o.state ELSE 'held_back' END AS state,
           CASE WHEN judged.rests_on_consent THEN %(ends_type)s::text END AS ends_type,
           sha256(uuid_send(gen_random_uuid())) AS hash
    FROM unnest(%(ids)s::bigint[], %(states)s::text[], %(answers)s::text[])
         WITH ORDINALITY AS o (id, state, answer, number)
    JOIN mailings_recipient r ON r.id = o.id
    JOIN judged ON judged.person_id = r.person_id),
linked AS (
    INSERT INTO persons_linktoken (token_hash, person_id, address_hash, subscription_type_id, purpose_id, made_at)
    SELECT hash, person_id, address_hash, ends_type,
           CASE WHEN ends_type IS NULL AND NOT %(is_service)s THEN 'EMARKETING' END, %(begun)s
    FROM outcome WHERE is_let_in)
UPDATE mailings_recipient r
SET state = o.state, code = o.code, event_id = o.event_id, claim = %(claim)s + o.number / 20,
    claimed_at = %(begun)s + o.number * %(rate)s,
    link_id = CASE WHEN is_let_in THEN o.hash END, attempts = CASE WHEN is_let_in THEN 1 ELSE 0 END,
    answer = CASE WHEN is_let_in THEN o.answer ELSE '' END,
    answered_at = CASE WHEN is_let_in THEN %(begun)s + o.number * %(rate)s + %(rate)s END
FROM outcome o WHERE r.id = o.id"""


def _note(mailing: Mailing, begun: datetime, outcomes: list[tuple[int, str, str]], chance: Random) -> None:
    waiting = f"SELECT person_id FROM mailings_recipient WHERE mailing_id = {mailing.pk} AND state = 'waiting'"
    sql, parameters = verdict.judged(question_of(mailing), waiting)
    ids, states, answers = (list(column) for column in zip(*outcomes, strict=True))
    facts = {
        "ids": ids,
        "states": states,
        "answers": answers,
        "let_in": [code.value for code in LET_IN],
        "ends_type": mailing.type_id,
        "is_service": mailing.kind == Kind.SERVICE,
        "begun": begun,
        "rate": RATE,
        "claim": chance.getrandbits(61),
    }
    with connection.cursor() as cursor:
        cursor.execute(HANDED_OVER.format(judged=sql), parameters | facts)


def _note_bounces(at: datetime, hashes: set[bytes]) -> None:
    rows = [Deliverability(address_hash=value, failed_at=at, diagnosis=NOBODY_THERE) for value in sorted(hashes)]
    Deliverability.objects.bulk_create(rows, ignore_conflicts=True)


def note_who_left() -> None:
    """Whoever left by a link did so by the one of the last message they had got."""
    with connection.cursor() as cursor:
        cursor.execute(LEFT_BY)


LEFT_BY = """
UPDATE persons_linktoken link SET left_at = gone.given_at
FROM (SELECT DISTINCT ON (e.id) r.link_id, e.given_at
      FROM persons_consentevent e
      JOIN persons_act a ON a.id = e.act_id AND a.door IN ('link', 'one_click')
      JOIN mailings_recipient r ON r.person_id = e.person_id AND r.state = 'sent' AND r.answered_at < e.given_at
      ORDER BY e.id, r.answered_at DESC) gone
WHERE link.token_hash = gone.link_id"""


def today() -> datetime:
    """The beginning of the day, so that the demo is the same however often it is made on one day."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
