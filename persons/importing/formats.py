"""Which system a table comes from, and what one row of it says, by rules 4.6, 4.7 and 4.11 with its columns.

Everything here is a claim: what the file says, not what is recorded. Which basis a purpose accepts, what needs proof,
what stands already and who a row belongs to is decided where it is applied.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.translation import gettext as _

from persons.addresses import normalise
from persons.importing import columns
from persons.importing.labels import BASES, HUBSPOT_BASES, SOURCES, STOPS, TYPES, fold
from persons.importing.problems import REFUSALS, REMARKS, NobodyInIt, NotATable, Problem
from persons.importing.tables import Record, refuse_columns
from persons.importing.values import Given, answer, country_code, parse_date, split_list


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


_NUMBER = re.compile(r"(\d{5,})[.,]0+\Z|\d[.,]?\d*E\+?\d+\Z", re.IGNORECASE)


class Cells:
    """The cells of one record by field, empty where there is no such column, and what was wrong with them."""

    def __init__(self, places: dict[str, int], cells: list[str]):
        if not "".join(cells).isascii():
            cells = [unicodedata.normalize("NFC", cell) for cell in cells]
        self.places, self.cells = places, cells
        self.trimmed = [*map(str.strip, cells), ""]  # the last for a column that is not there
        self.problems: list[Problem] = []
        self.in_doubt: set[str] = set()

    def text(self, field: str) -> str:
        return self.trimmed[self.places.get(field, -1)]

    def words(self, field: str) -> str:
        return " ".join(self.text(field).split())

    def as_typed(self, field: str) -> str:
        return self.cells[self.places[field]] if field in self.places else ""

    def problem(self, code: str, cell: str) -> None:
        self.problems.append(Problem(code, cell))

    def date(self, field: str) -> Given | None:
        text = self.text(field)
        found = parse_date(text) if text else None
        if text and found is None:
            self.problem("unreadable_date", text)
        return found

    def key(self, field: str, labels: dict[str, str]) -> str | None:
        text = self.text(field)
        found = labels.get(fold(text)) if text else None
        if text and found is None:
            self.problem("unknown_label", text)
        return found

    def flag(self, field: str) -> bool:
        """A yes. A no and an empty cell are no answer."""
        text = self.text(field)
        said = answer(text)
        if said in ("unknown", "stop"):
            self.problem("unknown_label", text)
        return said == "yes"

    def phone(self, field: str) -> str:
        """A spreadsheet makes numbers of phone numbers: `4710010010,0` can be mended, `4,71E+09` cannot."""
        text = self.text(field).removeprefix("'")
        number = _NUMBER.match(text)
        if number and not number[1]:
            self.problem("damaged_number", text)
        return text if number is None else number[1] or ""


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
        answers = _one_of_each(self._claims(cells))
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

    def _claims(self, cells: Cells) -> Iterator[Claim]:
        """Stops stand in the same columns everywhere; what allows is the format's own (rules 4.11, Columns)."""
        for name, place in self.types.items():
            yield from _ended(cells, name, cells.trimmed[place])
        stops, in_doubt = _stops(cells)
        if in_doubt:
            cells.in_doubt.add("EMARKETING")
        yield from stops
        for claim in _ALLOWANCES[self.name](cells):
            if claim.subscription and (stops or _withdrawn_in_own_column(cells)):
                cells.problem("stop_beats_allowance", claim.subscription)
            elif not (in_doubt and claim.purpose == "EMARKETING" and not claim.stops):
                yield claim

    def _place(self, cells: Cells) -> tuple[str, str, str, str]:
        street, postcode, city, country = map(cells.text, ("street", "postcode", "city", "country"))
        if (
            self.system == "mailchimp" and len(parts := re.split(r"\s\s+", street)) == 4
        ):  # Mailchimp has one cell for all
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


# What a row answers


def _one_of_each(claims: Iterator[Claim]) -> tuple[Claim, ...]:
    """The first of each counts. Stops come first, so that in one row a stop beats an allowance."""
    standing: dict[tuple[str, str], Claim] = {}
    for claim in claims:
        standing.setdefault((claim.purpose, claim.subscription), claim)
    return tuple(standing.values())


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


def _mailchimp_cleaned(cells: Cells) -> Iterator[Claim]:
    return iter(())


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
    """Contacts of Mailchimp who bought something, say, and never agreed to anything."""
    return iter(())


_ALLOWANCES = {
    "superoffice": _superoffice,
    "hubspot": _hubspot,
    "mailchimp subscribed": _mailchimp_subscribed,
    "mailchimp unsubscribed": _mailchimp_unsubscribed,
    "mailchimp cleaned": _mailchimp_cleaned,
    "mailchimp nonsubscribed": _nothing,
    "plain": _plain,
}
