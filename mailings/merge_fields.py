"""The merge fields of mailings: what each is in SQL. How they are read and filled stands in `purposes.merge_fields`."""

from django.utils.translation import gettext_lazy as _

from purposes.merge_fields import Fields, Text, escaped, plain, sign

__all__ = ["FIELDS", "LABELS", "OWN_PLACES", "Text", "escaped", "known", "known_in_html", "plain", "read", "sign"]

# name, and what it is in SQL: `p` is the person, `company` the company.
FIELDS = {
    "first_name": "p.first_name",
    "last_name": "p.last_name",
    "full_name": "btrim(p.first_name || ' ' || p.last_name)",
    "title": "p.title",
    "company": "coalesce(company.name, '')",
    "email": "r.address",
    "city": "p.city",
    "country": "p.country",
}

# What they are called where one is chosen.
LABELS = {
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "full_name": _("First and last name"),
    "title": _("Title"),
    "company": _("Company"),
    "email": _("E-mail address"),
    "city": _("City"),
    "country": _("Country"),
}

# What else differs from message to message. These names cannot be written by hand.
OWN_PLACES = ["unsubscribe_url", "preferences_url", "answer_url", "view_url", "reason"]

_known = Fields(tuple(FIELDS))


def read(written: str) -> str:
    """The text with its merge fields as signs. Raises ValidationError, with the place, for a field nobody knows."""
    return _known.read(written)


def known(written: str) -> None:
    """Validator of a line or a plain text: every merge field in it is known."""
    _known.check(written)


def known_in_html(written: str) -> None:
    """Validator of HTML: every merge field is known, and stands in the text rather than inside a tag."""
    _known.check_html(written)
