"""Messages to one person that carry no marketing: put into the outbox, and judged (rules 3, *Kinds*).

The worker hands them over (`mailings.singles`), and asks `judged` again when it does.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from persons import verdict
from persons.models import PendingConfirmation, Person, SingleMessage, Suppression
from persons.verdict import Code, Kind, Question
from purposes.models import STORE, EmailTemplate, PublicPages

JOB = "mailings.tasks.hand_over_singles"  # of the room above, known by its name alone
QUEUE = "mail"
LATEST = 5

State = SingleMessage.State


class Asked(Enum):
    """What became of the wish to have something confirmed."""

    SENT = "a message asks for it"
    ADDED = "the message of today, still to be confirmed, asks for it too"
    TOMORROW = "the message of today was about something else: one a day is all"
    HELD_BACK = "no message may go to the address"


def send(
    kind: EmailTemplate.Kind, person: Person, *, by: Any = None, template: EmailTemplate | None = None
) -> SingleMessage:
    """Put a message to a person into the outbox; the one that waits there already, if there is one.

    One that the verdict does not let through is kept as held back, with its code.
    """
    waiting = person.single_messages.filter(kind=kind, state=State.WAITING).first()
    return waiting or _put(
        SingleMessage(
            kind=kind,
            template=template,
            person=person,
            address_hash=person.address_hash,
            language=language_of(person),
            created_by=by,
        )
    )


def tell(new_persons: Sequence[int]) -> None:
    """Send new persons the privacy confirmation, where the source of their answers asks for it.

    The ground for sales and service goes first; of several sources one is enough.
    """
    facts: dict[str, Any] = {
        "persons": list(new_persons),
        "kind": EmailTemplate.Kind.PRIVACY_CONFIRMATION,
        "store": STORE,
        "languages": list(dict(settings.LANGUAGES)),
        "language": PublicPages.current().language,
        "day": timezone.localdate(),
        "code": Code.SINGLE,
    }
    with connection.cursor() as cursor:
        cursor.execute(TOLD, facts)
        if cursor.rowcount:
            put_to_work()


TOLD = """
    INSERT INTO persons_singlemessage (kind, template_id, person_id, address_hash, language, is_public, day, state,
                                       code, attempts, answer)
    SELECT %(kind)s, source.template, p.id, p.address_hash,
           CASE WHEN p.language = ANY(%(languages)s) THEN p.language ELSE %(language)s END,
           false, %(day)s, 'waiting', %(code)s, 0, ''
    FROM persons_person p
    CROSS JOIN LATERAL (
        SELECT s.confirmation_template_id AS template
        FROM (SELECT source_id, purpose_id = %(store)s AS is_store FROM persons_consent WHERE person_id = p.id
              UNION ALL
              SELECT source_id, false FROM persons_subscription WHERE person_id = p.id) answer
        JOIN purposes_source s ON s.key = answer.source_id AND s.sends_confirmation
        ORDER BY is_store DESC, s.position LIMIT 1) source
    WHERE p.id = ANY(%(persons)s) AND p.address IS NOT NULL
      AND EXISTS (SELECT FROM purposes_source WHERE sends_confirmation)"""


def ask_to_confirm(pending: PendingConfirmation, *, by: Any = None, is_public: bool) -> tuple[SingleMessage, Asked]:
    """Put the message that asks for a confirmation into the outbox, and say what became of it.

    At most one goes to an address on a day: what is asked for later that day is added to what the first one asks for.
    """
    message = SingleMessage(
        kind=EmailTemplate.Kind.DOUBLE_OPT_IN,
        person=pending.person,
        address_hash=pending.address_hash,
        language=pending.language,
        is_public=is_public,
        created_by=by,
    )
    with transaction.atomic():
        if earlier := _of_today(pending):
            return earlier, Asked.ADDED if _added_to(earlier.confirmation, pending) else Asked.TOMORROW
        pending.save()
        message.confirmation = pending
        try:
            with transaction.atomic():
                _put(message)
            return message, Asked.SENT if message.state == State.WAITING else Asked.HELD_BACK
        except IntegrityError:  # somebody was a moment faster
            pending.delete()
            if not _of_today(pending):
                raise
    return ask_to_confirm(pending, by=by, is_public=is_public)


def judged(message: SingleMessage) -> Code:
    """What the verdict's rows 1 to 4 say now. What an address may end itself does not hold back what it asked for."""
    address_hash = bytes(message.address_hash or b"")
    if message.person:
        code = verdict.explain(message.person, Question(kind=Kind.SINGLE)).code
        if code == Code.SINGLE and bytes(message.person.address_hash or b"") != address_hash:
            return Code.ADDRESS_CHANGED
    else:
        code = verdict.of_address(address_hash)
    return Code.SINGLE if message.is_public and _can_be_ended(code, address_hash) else code


def language_of(person: Person) -> str:
    """The language to write to a person in: their own, else the company's."""
    own = person.language if person.language in dict(settings.LANGUAGES) else ""
    return own or PublicPages.current().language


def latest_of(person: Person) -> list[tuple[SingleMessage, str]]:
    """The latest messages to a person, each with why it did not arrive, where that is known."""
    latest = person.single_messages.select_related("created_by")[:LATEST]
    return [(message, _why(message)) for message in latest]


def _why(message: SingleMessage) -> str:
    if message.state == State.HELD_BACK:
        return str(Code(message.code).label)
    return gettext("It came back.") if message.state == State.SENT and message.bounce else ""


def put_to_work(wait: float = 0.0) -> None:
    """Queue the job that hands messages over, unless it is queued; in the transaction there is, if there is."""
    later = {"seconds": wait} if wait else None
    job = app.configure_task(JOB, queue=QUEUE, queueing_lock="singles", schedule_in=later)
    try:
        with transaction.atomic():
            job.defer()
    except AlreadyEnqueued:
        pass


def _put(message: SingleMessage) -> SingleMessage:
    message.day = timezone.localdate()
    message.code = judged(message)
    if message.code != Code.SINGLE:
        message.state = State.HELD_BACK
    message.save()
    if message.state == State.WAITING:
        put_to_work()
    return message


def _of_today(pending: PendingConfirmation) -> SingleMessage | None:
    """The message that asked this address for a confirmation today already, locked with what it asks for."""
    messages = SingleMessage.objects.select_for_update(of=["self", "confirmation"]).select_related("confirmation")
    messages = messages.filter(
        kind=EmailTemplate.Kind.DOUBLE_OPT_IN,
        address_hash=pending.address_hash,
        day=timezone.localdate(),
        confirmation__isnull=False,
    )
    return messages.exclude(state__in=[State.HELD_BACK, State.FAILED]).first()


def _added_to(earlier: PendingConfirmation | None, pending: PendingConfirmation) -> bool:
    """Whether it could be added: not to what was confirmed, nor to what is about somebody else at the address."""
    if earlier is None or earlier.confirmed_at or earlier.person_id != pending.person_id:
        return False
    known = {(one["purpose"], one["type"]) for one in earlier.asked}
    added = [one for one in pending.asked if (one["purpose"], one["type"]) not in known]
    PendingConfirmation.objects.filter(pk=earlier.pk).update(asked=earlier.asked + added)
    return True


def _can_be_ended(code: Code, address_hash: bytes) -> bool:
    """Whether the address itself ends what holds its mail back, by confirming (rules 4.14, 5.5)."""
    if code == Code.SUPPRESSED:
        standing = Suppression.objects.standing().filter(address_hash=address_hash)
        return standing.filter(reason__in=Suppression.Reason.ended_by_confirming()).exists()
    return code in (Code.BOUNCED, Code.SINGLE)
