"""Headers of a message, written by the standard library, so that no value becomes a line or a recipient of its own."""

import re
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.policy import SMTP
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# An address that stands as it is: no quoting, nothing to fold, nothing that could end it.
PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,255}\Z")


def mailbox(written: str) -> Address:
    """The one mailbox that a text names, `Shop <news@example.com>` or bare. Raises ValidationError for all else."""
    addresses: list[Address]
    try:
        header: Any = SMTP.header_factory("From", written)
        addresses = [] if header.defects else list(header.addresses)
    except (HeaderParseError, IndexError, ValueError):  # what the parser of the standard library raises
        addresses = []
    if len(addresses) != 1 or not PLAIN_ADDRESS.match(addresses[0].addr_spec):
        raise ValidationError(_("Give exactly one e-mail address, with or without a name before it."), code="mailbox")
    return addresses[0]


def is_mailbox(written: str) -> None:
    """Validator: the text names exactly one mailbox."""
    mailbox(written)


def line(name: str, value: str) -> bytes:
    """A header, folded and encoded, with its line end. The value is one line of text, in any language."""
    return SMTP.header_factory(name, " ".join(value.split())).fold(policy=SMTP).encode("ascii")


def to_line(address: str) -> bytes:
    """The header To, naming exactly this address. Raises ValueError for one that is not plain."""
    if not PLAIN_ADDRESS.match(address):
        raise ValueError("An address that mail is sent to is plain ASCII, without quotes and without a name.")
    return b"To: " + address.encode("ascii") + b"\r\n"
