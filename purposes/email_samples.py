"""What the merge fields of single messages mean, and what stands for them in a preview."""

from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from .merge_fields import Fields


class Meaning(NamedTuple):
    """What a field is, in words, and an example of what it is filled with."""

    words: Any
    example: Any


MEANINGS = {
    "first_name": Meaning(_("First name"), "Kari"),
    "last_name": Meaning(_("Last name"), "Nordmann"),
    "full_name": Meaning(_("First and last name"), "Kari Nordmann"),
    "title": Meaning(_("Job title"), _("Head of purchasing")),
    "company": Meaning(_("The company the person works for"), "Fjordfisk AS"),
    "email": Meaning(_("The address it goes to"), "kari@example.com"),
    "our_company": Meaning(_("Your company's name, from Pages"), ""),
    "legal_basis": Meaning(_("The legal basis for sales and service"), _("Legitimate interest")),
    "source": Meaning(_("Where the person's data came from"), _("Web form")),
    "asked_for": Meaning(_("What was asked for and has to be confirmed"), _("News, Invitations")),
    "preferences_url": Meaning(_("The link to the person's own page"), ""),
    "confirm_url": Meaning(_("The link that confirms"), ""),
}


def explained(fields: Fields) -> list[dict[str, Any]]:
    """Each field as it is written, with its meaning and whether the text needs it."""
    return [
        {"written": f"{{{{ {name} }}}}", "words": MEANINGS[name].words, "is_needed": name in fields.needed}
        for name in fields.all
    ]
