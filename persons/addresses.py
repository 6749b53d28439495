"""The one normal form of an e-mail address, used by look-up, hash, import and index."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from email_validator import EmailNotValidError, validate_email

_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_RESERVED = "arpa|invalid|local|localhost|onion|test"
# What nearly every address looks like: accepted without asking the validators, which take a hundred times as long.
# It accepts nothing that they refuse; what it does not know is theirs to decide.
PLAIN = re.compile(
    rf"(?=[^@]{{1,64}}@)(?=.{{6,254}}\Z){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?!(?:{_RESERVED})\Z)[a-z]{{2,63}}\Z"
)
LONGEST = 254  # RFC 5321 section 4.5.3.1.3, less the angle brackets

_django_refuses = EmailValidator()


def normalise(email: str) -> str | None:
    """The address trimmed of all Unicode white space, in NFC, in lower case, its domain in IDNA; None when invalid.

    Nothing else is repaired: `a+tag@` and `a@` are two addresses. Valid is what email-validator and Django both accept
    and what any server takes by plain SMTP, without SMTPUTF8. So these are invalid:

    - letters beyond ASCII before the sign (they need SMTPUTF8), after NFC;
    - more than 64 characters before the sign (RFC 5321 section 4.5.3.1.1);
    - a quoted part before the sign, an address literal such as `[192.0.2.1]`, a name beside the address;
    - reserved domains (`.test`, `.local`, `.invalid`, …: RFC 2606, 6761), a domain without a dot;
    - a zero-width space or any other invisible letter, which is not white space.
    """
    address = email.strip()
    if address.isascii():
        lower = address.lower()
        if PLAIN.match(lower):
            return lower
    return _checked(unicodedata.normalize("NFC", address))


def _checked(address: str) -> str | None:
    if "@" not in address or len(address) > LONGEST:
        return None
    try:
        found = validate_email(address, check_deliverability=False, allow_smtputf8=False, strict=True)
        normal = f"{found.local_part}@{found.ascii_domain}".lower()
        _django_refuses(normal)
    except (EmailNotValidError, ValidationError):
        return None
    return normal
