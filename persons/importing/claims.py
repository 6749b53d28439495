"""What one row of a file says of purposes and subscriptions, by rules 4.6, 4.7 and 4.11 with its columns.

A claim is what the file says, not what is recorded: which basis a purpose accepts, what needs proof and what stands
already is decided where it is applied.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from persons.importing import columns
from persons.importing.cells import Cells
from persons.importing.labels import BASES, HUBSPOT_BASES, SOURCES, STOPS, TYPES, fold
from persons.importing.problems import REMARKS
from persons.importing.values import Given, answer, parse_date, split_list


class Claim(NamedTuple):
    """What a row says of one purpose or of one type of subscription; the other of the two is empty."""

    purpose: str = ""  # its key
    subscription: str = ""  # the key of a type that is shipped, else the type's name as it stands in the file
    basis: str = "WITHDRAWN"  # its key; an active subscription is on 61A, an ended one WITHDRAWN
    source: str | None = None  # its key; None: the default of the door
    given: Given | None = None  # None: unknown; see values.moment
    comment: str = ""  # the row's own, which is proof where it is long enough (rules 4.7)

    @property
    def stops(self) -> bool:
        return self.basis in STOPS


def claims(format_name: str, cells: Cells, types: dict[str, int]) -> tuple[Claim, ...]:
    """One of each purpose and type, the first. Stops come first, so that in one row a stop beats an allowance.

    `types`: of each type of subscription the column that ends it.
    """
    standing: dict[tuple[str, str], Claim] = {}
    for claim in _all(format_name, cells, types):
        standing.setdefault((claim.purpose, claim.subscription), claim)
    return tuple(standing.values())


def _all(format_name: str, cells: Cells, types: dict[str, int]) -> Iterator[Claim]:
    """Stops stand in the same columns everywhere; what allows is the format's own (rules 4.11, Columns)."""
    for name, place in types.items():
        yield from _ended(cells, name, cells.trimmed[place])
    stops, in_doubt = _stops(cells)
    if in_doubt:
        cells.in_doubt.add("EMARKETING")
    yield from stops
    for claim in _ALLOWANCES[format_name](cells):
        if claim.subscription and (stops or _withdrawn_in_own_column(cells)):
            cells.problem("stop_beats_allowance", claim.subscription)
        elif not (in_doubt and claim.purpose == "EMARKETING" and not claim.stops):
            yield claim


def _stops(cells: Cells) -> tuple[list[Claim], bool]:
    """The stops of E-marketing in the columns made for them, and whether such a column says what nobody understands.

    A date column that is filled with anything but a no is a stop, at an unknown time if need be. A yes/no column with
    an unknown word is neither: then no allowance of the row is believed.
    """
    stops, in_doubt = [], False
    for field in columns.STOPS:
        text = cells.text(field)
        said = answer(text)
        if said in ("nothing", "no"):
            continue
        given = parse_date(text) if said == "unknown" else None
        if said == "unknown" and not given:
            cells.problem("unreadable_date" if field == "opted_out" else "unknown_label", text)
        if said == "unknown" and not given and field != "opted_out":
            in_doubt = True
        else:
            stops.append(Claim("EMARKETING", given=given))
    return stops, in_doubt


def _withdrawn_in_own_column(cells: Cells) -> bool:
    return BASES.get(fold(cells.text("emarketing_basis"))) in STOPS


def _ended(cells: Cells, name: str, text: str) -> Iterator[Claim]:
    said = answer(text)
    given = parse_date(text) if said == "unknown" else None
    if said in ("yes", "stop") or given:
        yield Claim(subscription=name, given=given)
    elif said == "unknown":
        cells.problem("unknown_label", text)


def _superoffice(cells: Cells) -> Iterator[Claim]:
    """*Hjemmel* is Sales and service; *E-markedsføring* counts by its own Hjemmel only; subscriptions are undated."""
    comment = cells.text("consent_comment") or cells.text("comment")
    for purpose, prefix in (("STORE", "store"), ("EMARKETING", "emarketing")):
        if basis := cells.key(f"{prefix}_basis", BASES):
            source, given = cells.key(f"{prefix}_source", SOURCES), cells.date(f"{prefix}_given")
            yield Claim(purpose, "", basis, source, given, cells.text(f"{prefix}_comment") or comment)
        elif cells.text(f"{prefix}_basis"):
            cells.in_doubt.add(purpose)
    for name in split_list(cells.text("subscriptions")):
        yield Claim("", TYPES.get(fold(name), name), "61A", comment=comment)


def _hubspot(cells: Cells) -> Iterator[Claim]:
    """Of several bases Consent counts, then Legitimate interest in an existing customer; the others are reported."""
    found = set()
    for label in re.split(r"[;\n]", cells.text("hubspot_basis")):
        key = HUBSPOT_BASES.get(fold(label), "unknown_label") if label.strip() else ""
        if key == "unknown_label" or key in REMARKS:
            cells.problem(key, label.strip())
        else:
            found.add(key)
    for basis in ("61A", "61F"):
        if basis in found:
            yield Claim("EMARKETING", "", basis, comment=cells.text("consent_comment"))
            return
    if cells.text("hubspot_basis"):
        cells.in_doubt.add("EMARKETING")


def _mailchimp_subscribed(cells: Cells) -> Iterator[Claim]:
    """Proof is the opt-in on a form, which alone fills OPTIN_IP: quoted as it stands, so the same at each import."""
    proof, source = "", None
    if cells.text("optin_ip"):
        facts = (
            f"{field.upper()} {cells.text(field)}" for field in ("optin_time", "optin_ip", "confirm_time", "confirm_ip")
        )
        proof, source = "Mailchimp: " + ", ".join(facts), "WEBFORM"
    yield Claim("EMARKETING", "", "61A", source, cells.date("confirm_time"), proof)


def _mailchimp_unsubscribed(cells: Cells) -> Iterator[Claim]:
    yield Claim("EMARKETING", given=cells.date("unsub_time"))


def _plain(cells: Cells) -> Iterator[Claim]:
    """A yes to the newsletter is Consent. Without such a column a date of opting in says the same."""
    field = "newsletter" if "newsletter" in cells.places else "opted_in"
    text = cells.text(field)
    said = answer(text)
    given = parse_date(text) if said == "unknown" else None
    if said == "stop":
        yield Claim("EMARKETING")
    elif said == "yes" or given:
        given = given or (cells.date("opted_in") if field == "newsletter" else None)
        yield Claim("EMARKETING", "", "61A", cells.key("how", SOURCES), given, cells.text("consent_comment"))
    elif said == "unknown":
        cells.problem("unknown_label" if field == "newsletter" else "unreadable_date", text)
        cells.in_doubt.add("EMARKETING")


def _nothing(cells: Cells) -> Iterator[Claim]:
    """Contacts whose address bounced; and those who bought something, say, and never agreed to anything."""
    return iter(())


_ALLOWANCES = {
    "superoffice": _superoffice,
    "hubspot": _hubspot,
    "mailchimp subscribed": _mailchimp_subscribed,
    "mailchimp unsubscribed": _mailchimp_unsubscribed,
    "mailchimp cleaned": _nothing,
    "mailchimp nonsubscribed": _nothing,
    "plain": _plain,
}
