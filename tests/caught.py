"""A message of a mailing, as the catcher of the trial keeps it."""

from uuid import uuid4

from mailings.composing import Addressee, compose
from mailings.models import Mailing
from persons import links
from persons.models import LinkToken

NAME = "20260301T093000.000000-0123abcd"


def catch(settings, folder, person, *, name=NAME, one_click=True):
    """Keep a message to the person, written as the worker writes it; what one click on it ends is News."""
    settings.CAUGHT_MAIL = folder
    folder.mkdir(exist_ok=True)
    token = links.make()
    LinkToken.objects.create(
        token_hash=links.hashed(token),
        person=person,
        address_hash=person.address_hash,
        subscription_type_id="NEWS",
    )
    body = '<p>Hello {{ first_name }},</p><p><a href="https://www.example.com/">read on</a></p>'
    message = compose(Mailing(name="News", subject="News for {{ first_name }}", body=body, type_id="NEWS"))
    addressee = Addressee(
        address=person.address,
        key=uuid4(),
        token=token,
        code="subscription",
        rests_on_consent=True,
        one_click=one_click,
        values={"first_name": person.first_name},
    )
    envelope = f"Return-Path: <b@localhost>\r\nDelivered-To: {person.address}\r\n".encode()
    (folder / f"{name}.eml").write_bytes(envelope + message.to(addressee))
    return token
