"""Asking again before a consent runs out: the yes on the page that a mailing leads to."""

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from persons import ledger
from persons.ledger import Answer, Recorder
from persons.models import Consent, LinkToken
from purposes.models import CONSENT, EMARKETING, Wording

SOURCE = "EMAIL"


def question() -> Wording | None:
    """What the page asks, in the language that is active."""
    return Wording.objects.latest_of(EMARKETING, get_language())


def renew(link: LinkToken, *, by: Recorder) -> bool:
    """Record that the person says yes again, as consent given now; whether that was possible.

    Only what is ON goes on by a link alone; what is OFF takes a confirmation sent to the address (rules 5.2).
    """
    with transaction.atomic():
        ledger.lock([link.person_id])
        if not Consent.objects.on().filter(person=link.person_id, purpose=EMARKETING).exists():
            return False
        answer = Answer(
            person_id=link.person_id,
            purpose_id=EMARKETING,
            basis_id=CONSENT,
            source_id=SOURCE,
            given_at=ledger.now(),
            wording=question(),
            comment=_("Asked again by e-mail, said yes on the page of the message."),
        )
        return not ledger.record(answer, by=by).outcome.is_refusal
