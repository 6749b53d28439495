"""Link tokens: make, read (rules 5.2).

A token is random and says nothing about anybody. The database keeps its hash, so that whoever reads the database cannot
act for the persons in it.
"""

import hashlib
import secrets

from persons.models import LinkToken

BYTES = 24  # 192 bits: 32 letters in a link


def make() -> str:
    """A new token. Whoever sends it stores `hashed` of it, before the message goes out."""
    return secrets.token_urlsafe(BYTES)


def hashed(token: str) -> bytes:
    """What is stored. Without salt or stretching: there is nothing to guess in 192 random bits."""
    return hashlib.sha256(token.encode(errors="replace")).digest()


def read(token: str) -> LinkToken | None:
    """The link of a token, with what it ends and the person it is about now; None when unknown or erased."""
    return known(hashed(token))


def known(token_hash: bytes) -> LinkToken | None:
    """The same of what is stored of a token. The links of a merged person lead to the kept one (rules 4.12)."""
    links = LinkToken.objects.select_related("person", "purpose", "subscription_type")
    link = links.filter(token_hash=token_hash).first()
    if link is None:
        return None
    link.person = link.person.kept_one()
    return None if link.person.erased_at else link
