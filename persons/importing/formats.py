"""Which system a table comes from, by its columns, and who one row of it is about (rules 4.11).

Everything here is what the file says, not what is recorded; who a row belongs to is decided where it is applied.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.translation import gettext as _

from persons.addresses import normalise
from persons.importing import columns
from persons.importing.cells import Cells
from persons.importing.claims import Claim, claims
from persons.importing.labels import TYPES, fold
from persons.importing.problems import REFUSALS, NobodyInIt, NotATable, Problem
from persons.importing.tables import Record, refuse_columns
from persons.importing.values import Given, answer, country_code


class Row(NamedTuple):
    """One row, read. Texts are as typed but for NFC; names, numbers, ids and places are trimmed."""

    number: int
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    title: str = ""
    email: str = ""
    address: str | None = None  # the normal form of a valid one
    phone: str = ""
    mobile: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""  # ISO 3166-1, else as typed
    system: str = ""  # superoffice, hubspot, mailchimp; empty for a plain list
    external_id: str = ""
    no_mailings: bool = False
    former_employee: bool = False
    bounced: bool = False
    bounced_at: Given | None = None
    answers: tuple[Claim, ...] = ()  # one at most of each purpose and type
    in_doubt: frozenset[str] = frozenset()  # purposes of which the row says what gives no answer: nothing fills them
    problems: tuple[Problem, ...] = ()

    @property
    def refused(self) -> bool:
        """The cells cannot be trusted: nothing but the number and the problem is filled."""
        return any(problem.code in REFUSALS for problem in self.problems)

    @property
    def stops_emarketing(self) -> bool:
        return any(claim.purpose == "EMARKETING" and claim.stops for claim in self.answers)


# Formats by the fields that only they have.

_SUPEROFFICE_SIGNS = {"store_basis", "emarketing", "subscriptions", "no_mailings", "former_employee", "superoffice_id"}
_HUBSPOT_SIGNS = {"unsubscribed_all", "hard_bounce", "marketing_status", "lifecycle_stage", "opted_out_of"}
_HUBSPOT_HINTS = {"hubspot_id", "contact_owner", "modified"}
_MAILCHIMP_SIGNS = {"member_rating", "leid", "mailchimp_id", "offsets", "unsub_campaign", "clean_campaign"}
_MAILCHIMP_HINTS = {"optin_time", "optin_ip", "confirm_time", "confirm_ip", "unsub_time", "clean_time", "last_changed"}

_PERSON = {*columns.PERSON, *columns.FLAGS, *columns.STOPS, *columns.CONSENT_COMMENT}
_READ = {
    "superoffice": _PERSON
    | {"superoffice_id", "subscriptions", "comment", "store_basis", "store_source", "store_given", "store_comment"}
    | {"emarketing_basis", "emarketing_source", "emarketing_given", "emarketing_comment"},
    "hubspot": _PERSON | {"hubspot_id", "hubspot_basis", "hard_bounce"},
    "mailchimp subscribed": _PERSON | {"mailchimp_id", "optin_time", "optin_ip", "confirm_time", "confirm_ip"},
    "mailchimp unsubscribed": _PERSON | {"mailchimp_id", "unsub_time"},
    "mailchimp cleaned": _PERSON | {"mailchimp_id", "clean_time"},
    "mailchimp nonsubscribed": _PERSON | {"mailchimp_id"},
    "plain": _PERSON | set(columns.PLAIN),
}
NEVER_SUBSCRIBED = re.compile(r"non[-_ ]?subscribe", re.IGNORECASE)
# Of several columns for one of these the first is read, the others are named as not read; of all else none is taken.
_FIRST_WILL_DO = {"company", "title", "phone", "mobile", "street", "postcode", "city", "country", "name"}


@dataclass(frozen=True)
class Format:
    name: str  # superoffice, hubspot, mailchimp subscribed / unsubscribed / cleaned / nonsubscribed, plain
    columns: dict[str, int]  # field -> place in the row, from 0
    types: dict[str, int]  # a type of subscription, key or name -> the column that ends it
    not_read: tuple[str, ...]  # headers of the columns that nothing is taken from

    @property
    def system(self) -> str:
        return "" if self.name == "plain" else self.name.partition(" ")[0]

    def read(self, record: Record) -> Row:
        if record.problem:
            return Row(record.number, problems=(Problem(record.problem, ""),))
        cells = Cells(self.columns, record.cells)
        answers = claims(self.name, cells, self.types)
        first_name, last_name = _names(cells)
        street, postcode, city, country = self._place(cells)
        email = cells.text("email")
        address = normalise(email) if email else None
        if email and address is None:
            cells.problem("invalid_address", email)
        bounced, bounced_at = self._bounce(cells)
        return Row(
            number=record.number,
            first_name=first_name,
            last_name=last_name,
            company=cells.as_typed("company"),
            title=cells.as_typed("title"),
            email=email,
            address=address,
            phone=cells.phone("phone"),
            mobile=cells.phone("mobile"),
            street=street,
            postcode=postcode,
            city=city,
            country=country_code(country) if country else "",
            system=self.system,
            external_id=cells.text(f"{self.system}_id"),
            no_mailings=cells.flag("no_mailings"),
            former_employee=cells.flag("former_employee"),
            bounced=bounced,
            bounced_at=bounced_at,
            answers=answers,
            in_doubt=frozenset(cells.in_doubt),
            problems=tuple(cells.problems),
        )

    def _place(self, cells: Cells) -> tuple[str, str, str, str]:
        street, postcode, city, country = map(cells.text, ("street", "postcode", "city", "country"))
        # Mailchimp has one cell for all
        if self.system == "mailchimp" and len(parts := re.split(r"\s\s+", street)) == 4:
            return parts[0], parts[2], parts[1], parts[3]
        return street, postcode, city, country

    def _bounce(self, cells: Cells) -> tuple[bool, Given | None]:
        """A bounced address is a fact, never an answer."""
        if self.name == "mailchimp cleaned":
            return True, cells.date("clean_time")
        return answer(cells.text("hard_bounce")) not in ("nothing", "no"), None


def by_hand(header: list[str], chosen: dict[str, str]) -> Format:
    """A plain list whose columns somebody chose: the place of each, from 0, as text, with its field.

    Columns like `Opted out of: News` end their type, whatever was chosen.
    """
    places = {field: int(place) for place, field in chosen.items() if int(place) < len(header)}
    rest = {place: name for place, name in enumerate(header) if place not in places.values()}
    ended = {place: kind for place, name in rest.items() if (kind := columns.type_opted_out_of(name))}
    types = {TYPES.get(fold(kind), kind): place for place, kind in ended.items()}
    return Format("plain", places, types, tuple(name for place, name in rest.items() if place not in ended))


def recognise(header: list[str], file_name: str = "") -> Format:
    """The format of a table by several of its columns. Raises NotATable when no person could be found in it.

    Mailchimp tells contacts who never subscribed from subscribers by the name of the file alone.
    """
    found: dict[str, list[int]] = {}
    types: dict[str, int] = {}
    for place, name in enumerate(header):
        if field := columns.field_of(name):
            found.setdefault(field, []).append(place)
        elif kind := columns.type_opted_out_of(name):
            types[TYPES.get(fold(kind), kind)] = place
    name = _format_name({*found, *(["opted_out_of"] if types else [])})
    if name == "mailchimp subscribed" and NEVER_SUBSCRIBED.search(file_name):
        name = "mailchimp nonsubscribed"
    if name == "plain" and "how" not in found and "store_source" in found:
        found["how"] = found.pop("store_source")  # `Kilde` in a plain list tells how the consent was got
    read = {field: places for field, places in found.items() if field in _READ[name]}
    if "email" not in read and not {"first_name", "last_name"} <= read.keys():
        raise NobodyInIt(
            _("No column for the e-mail address, and none for first and last name, was found in the header.")
        )
    for field, places in read.items():
        if len(places) > 1 and field not in _FIRST_WILL_DO:
            refuse_columns(header, [place + 1 for place in places])
    taken = {field: places[0] for field, places in read.items()}
    not_read = set(range(len(header))) - set(taken.values()) - set(types.values())
    return Format(
        name, taken, types, tuple(header[place].strip() for place in sorted(not_read) if header[place].strip())
    )


def _format_name(fields: set[str]) -> str:
    own, hints = len(fields & _MAILCHIMP_SIGNS), len(fields & _MAILCHIMP_HINTS)
    if own + hints >= 3 or (own and hints):
        return _mailchimp_name(fields)
    own, hints = len(fields & _HUBSPOT_SIGNS), len(fields & _HUBSPOT_HINTS)
    if "hubspot_basis" in fields or own >= 2 or (own and hints):
        return "hubspot"
    if "emarketing_basis" in fields:
        return "superoffice"
    if fields & {"newsletter", "opted_in"}:
        return "plain"
    own = len(fields & _SUPEROFFICE_SIGNS)
    return "superoffice" if own >= 2 or {"store_basis", "store_source"} <= fields else "plain"


def _mailchimp_name(fields: set[str]) -> str:
    unsubscribed, cleaned = fields & {"unsub_time", "unsub_campaign"}, fields & {"clean_time", "clean_campaign"}
    if unsubscribed and cleaned:
        raise NotATable(
            _("The file holds unsubscribed and cleaned contacts of Mailchimp. Import each export by itself.")
        )
    return f"mailchimp {'unsubscribed' if unsubscribed else 'cleaned' if cleaned else 'subscribed'}"


def _names(cells: Cells) -> tuple[str, str]:
    """A full name is divided before its last word and the small words before that: `Jan | van den Berg`."""
    first, last, full = map(cells.words, ("first_name", "last_name", "name"))
    if first or last or not full:
        return first, last
    before, comma, after = full.partition(",")
    if comma:
        return after.strip(), before.strip()
    words = full.split()
    place = len(words) - 1
    while place > 1 and words[place - 1].islower():
        place -= 1
    return " ".join(words[:place]), " ".join(words[place:])
