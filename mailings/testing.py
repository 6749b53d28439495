"""A test of a mailing: to users' own addresses. It takes no verdict and is in no count; its links change nothing."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import uuid4

from django.utils.translation import gettext

from mailings.composing import Addressee, compose
from mailings.merge_fields import FIELDS
from mailings.models import Mailing, SendingSettings
from mailings.showing import NO_TOKEN
from mailings.smtp import Connection, Undelivered
from persons.verdict import Code


class Refusal(NamedTuple):
    """The server did not take the message for one address."""

    address: str
    words: str


def send(mailing: Mailing, users: Iterable[Any]) -> list[Refusal]:
    """Hand the message over for each user, with their names in the merge fields; what was refused.

    Raises ValidationError for what cannot be sent, Undelivered where there is no mail server.
    """
    mailing.subject = gettext("Test: %(subject)s") % {"subject": mailing.subject}  # never saved
    message, refusals = compose(mailing), []
    return_path = SendingSettings.current().return_path.format(key="test")
    server = Connection.open()
    try:
        for user in users:
            try:
                server.hand_over(return_path, user.email, message.to(_addressee(user)))
            except Undelivered as failure:
                refusals.append(Refusal(user.email, failure.words))
                if not server.is_usable:
                    break
    finally:
        server.close()
    return refusals


def _addressee(user: Any) -> Addressee:
    names = {"first_name": user.first_name, "last_name": user.last_name, "full_name": user.get_full_name()}
    return Addressee(
        address=user.email,
        key=uuid4(),
        token=NO_TOKEN,
        code=Code.CONSENT,
        rests_on_consent=True,
        one_click=True,
        values=dict.fromkeys(FIELDS, "") | names | {"email": user.email},
    )
