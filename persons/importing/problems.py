"""What can be wrong with a row, by code, and the sentence that tells it."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from persons.ledger import Outcome

# The cells of such a row cannot be trusted: it is reported and not imported.
REFUSALS = {
    "nul_bytes": _("The row holds NUL bytes. It was not imported."),
    "undecodable": _("The letters of the row are not written in the encoding of the file. It was not imported."),
    "replacement_letters": _("The row holds signs that stand for lost letters. It was not imported."),
    "wrong_column_count": _("The row has more or fewer cells than the header. It was not imported."),
    "stray_quote": _("A quotation mark stands inside a cell. The row was not imported."),
    "unclosed_quote": _(
        "A quotation mark is opened here and not closed in this row. "
        "Neither the row nor what it swallowed was imported."
    ),
    "too_long": _("A cell is longer than any name, title or number can be. The row was not imported."),
    "nobody": _("The row has neither a name nor an e-mail address. It was not imported."),
    "ambiguous": _(
        "Several persons have this address and the row has no name. Only its stop was recorded, for all of them."
    ),
}
# The row is imported; this cell, or this answer, is not what it seems.
REMARKS = {
    "invalid_address": _("This is not a valid e-mail address. It was kept as it stands."),
    "unknown_label": _("This word is not known here. Nothing was recorded for it."),
    "unreadable_date": _("This is not a date that can be read. The date counts as unknown."),
    "damaged_number": _("A spreadsheet has destroyed this number. It was left out."),
    "prospect_is_no_ground": _("Legitimate interest in a prospect or lead is no ground for e-marketing."),
    "other_interest_is_no_ground": _("This kind of legitimate interest is no ground for e-marketing."),
    "contract_is_no_ground": _("A contract is no ground for e-marketing."),
    "not_applicable": _("The file says that no legal basis applies."),
    "stop_beats_allowance": _("The row stops e-marketing, so this subscription was not recorded."),
}
SENTENCES = REFUSALS | REMARKS


@dataclass(frozen=True, slots=True)
class Problem:
    code: str  # a key of SENTENCES
    cell: str  # the text in question, as it stands in the file; empty when the whole row is


def sentence_of(code: str) -> str:
    """What to tell people: a code of this page, or the ledger's refusal of an answer."""
    return str(SENTENCES.get(code) or Outcome(code).label)


class NotATable(Exception):
    """The file cannot be imported. Its text is one sentence for the user."""


class NobodyInIt(NotATable):
    """No column is known that tells who it is about: the columns have to be chosen by hand."""


class NotAFile(NotATable):
    """There is no file at the path, or none that may be read."""

    def __init__(self, error: OSError):
        super().__init__(_("The file cannot be opened: %(reason)s.") % {"reason": error.strerror or error})
