"""A mailing as one person gets it: read from the very message that goes out, for the preview and for the browser."""

from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from functools import wraps
from typing import Any
from uuid import UUID

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.conf import settings
from django.db import connection
from django.http import HttpResponseBase

from mailings.claims import question_of
from mailings.composing import Addressee, compose
from mailings.merge_fields import FIELDS
from mailings.models import Mailing, Recipient
from persons import links, preferences, verdict
from persons.models import ConsentEvent, LinkToken, Person
from persons.verdict import Code, Explanation
from purposes.models import ARTICLE_CONSENT

NO_TOKEN = "preview"  # noqa: S105 - leads to the page of unknown links
NOBODY = {"first_name": "Kari", "last_name": "Nordmann", "full_name": "Kari Nordmann", "email": "kari@example.com"}


@dataclass(frozen=True)
class Shown:
    """A message as it arrives, its parts decoded. `explanation` is the verdict on its person, where there is one."""

    subject: str
    sender: str
    recipient: str
    html: str
    text: str
    explanation: Explanation | None = None


def preview(mailing: Mailing, person: Person | None) -> Shown:
    """As this person would get it, or somebody invented. Raises ValidationError for what cannot be sent."""
    if person is None:
        values = dict.fromkeys(FIELDS, "") | NOBODY
        return _as_sent(mailing, values, token=NO_TOKEN, code=Code.CONSENT, event=None)
    answer = verdict.explain(person, question_of(mailing))
    values = values_of(person)
    return _as_sent(mailing, values, token=NO_TOKEN, code=answer.code, event=answer.event, explanation=answer)


def of_link(token: str) -> Shown | None:
    """The message that a link came with. None for an unknown link, an erased person, or an address no longer theirs."""
    link = links.read(token)
    sent = Recipient.objects.select_related("mailing__type", "mailing__purpose", "event__basis_after")
    recipient = sent.filter(link=link).first() if link else None
    if link is None or recipient is None or not _is_readable(link):
        return None
    values = values_of(link.person)
    return _as_sent(recipient.mailing, values, token=token, code=Code(recipient.code), event=recipient.event)


def _is_readable(link: LinkToken) -> bool:
    """A link to an address that is no longer the person's shows nothing (rules 4.13)."""
    return preferences.is_about(link) and bool(link.person.address)


def values_of(person: Person) -> dict[str, str]:
    """What the merge fields say about a person, as the claim reads it."""
    with connection.cursor() as cursor:
        cursor.execute(VALUES, [person.pk])
        return dict(zip(FIELDS, cursor.fetchone(), strict=True))


VALUES = f"""
SELECT {", ".join(FIELDS.values())}
FROM persons_person p
LEFT JOIN persons_company company ON company.id = p.company_id
CROSS JOIN LATERAL (SELECT coalesce(p.address, '') AS address) r
WHERE p.id = %s"""


def _as_sent(
    mailing: Mailing,
    values: dict[str, str],
    *,
    token: str,
    code: Code,
    event: ConsentEvent | None,
    explanation: Explanation | None = None,
) -> Shown:
    addressee = Addressee(
        address=values["email"] or NOBODY["email"],
        key=UUID(int=0),
        token=token,
        code=code,
        rests_on_consent=_rests_on_consent(code, event),
        one_click=True,
        values=values,
    )
    message: Any = message_from_bytes(compose(mailing).to(addressee), policy=policy.default)
    return Shown(
        subject=str(message["Subject"]),
        sender=str(message["From"]),
        recipient=values["email"],
        html=message.get_body(("html",)).get_content(),
        text=message.get_body(("plain",)).get_content(),
        explanation=explanation,
    )


def _rests_on_consent(code: Code, event: ConsentEvent | None) -> bool:
    """As `verdict.judged` has it for a whole set; without an event, as it mostly is."""
    basis = event.basis_after if event else None
    return code == Code.SUBSCRIPTION or basis is None or basis.article == ARTICLE_CONSENT


# ---- on a page


def as_a_page(framed_by: str) -> Callable:
    """Decorator of a view that answers with a message: nothing runs in it, and its links open a new tab."""

    def decorated(view):
        @wraps(view)
        def answered(*args: Any, **arguments: Any) -> HttpResponseBase:
            return csp(_policy(framed_by))(view)(*args, **arguments)

        return answered

    return decorated


def _policy(framed_by: str) -> dict[str, list[str]]:
    return {
        "default-src": [NONE],
        "img-src": ["data:", "https:", SELF, settings.SITE_URL],
        "style-src": ["'unsafe-inline'"],
        "base-uri": [NONE],
        "form-action": [NONE],
        "frame-ancestors": [framed_by],
        "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
    }
