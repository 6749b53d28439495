"""What an operation came to for a person, in words: before it is done, what would."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from persons.ledger import Outcome

REFUSED = [outcome for outcome in Outcome if outcome.is_refusal]
EXPECTED: dict[str, Any] = {Outcome.RECORDED: _("Would change")}
EXPORTED = "exported"
REPORTED = "reported"  # what is held about the person was taken out
WORDS: dict[str, Any] = {
    Outcome.RECORDED: _("Changed"),
    Outcome.SAME: _("Same already"),
    Outcome.KEPT: _("Left as it is, because an answer stands"),
    Outcome.LATE: _("Only for the history: an answer given later stands"),
    Outcome.STOP_STANDS: _("Refused: withdrawn by the person, or stopped otherwise"),
    Outcome.NO_PROOF: _("Refused: no proof"),
    Outcome.NOT_ACCEPTED: _("Refused: the purpose does not accept this legal basis"),
    Outcome.INACTIVE: _("Refused: no longer in use"),
    Outcome.FUTURE: _("Refused: given in the future"),
    Outcome.GONE: _("Refused: erased or merged meanwhile"),
    "created": _("Created"),
    "updated": _("Updated"),
    EXPORTED: _("Exported"),
    REPORTED: _("Reported on"),
    "left": _("Left: an answer came since, or the person gave it"),
    "not_done": _("Not done"),
}


def words_of(outcome: str, *, is_dry: bool = False) -> Any:
    return (EXPECTED.get(outcome) if is_dry else None) or WORDS.get(outcome, outcome)
