"""What one cell says: a date or a moment, a yes or a no, a key for a label."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache

from persons.importing.labels import ANSWERS, COUNTRIES, MONTHS, TICKS, fold

Given = date | datetime  # a bare date is a date, a moment a datetime; one without a zone is in the company's

EARLIEST, LATEST = 1980, 2100  # outside are the zeros and infinities of databases: 1900-01-00, 1970-01-01, 9999-12-31
_FIRST_DAY = date(1899, 12, 30)  # day 0 of Excel's count, as it stands since its leap year 1900
_SERIAL = re.compile(r"(\d{5})(?:[.,](\d+))?\Z")

_YEAR, _SHORT_YEAR = r"(?P<year>\d{4})", r"(?P<year>\d{4}|\d\d)"
_MONTH, _DAY = r"(?P<month>\d{1,2})", r"(?P<day>\d{1,2})"
_NAME, _WEEKDAY = r"(?P<name>[^\W\d_]{3,})\.?", r"(?:[^\W\d_]+\.?,?\s+)?"
_TIME = r"""(?:
    (?: T | [,\s]\s* ) (?: (?:kl|klokken|um|om|at)\b\.?\s* )?
    (?P<hour>\d{1,2}) [:.] (?P<minute>\d\d) (?: [:.] (?P<second>\d\d) (?:[.,]\d+)? )?
    \s* (?: (?P<half>[ap])\.?m\.? | uhr )?
    \s* (?P<zone> Z | UTC | GMT | CES?T | [+-]\d\d (?::?\d\d)? )?
)?\s*\Z"""
_FORMS = [
    re.compile(form + _TIME, re.IGNORECASE | re.VERBOSE)
    for form in (
        rf"{_YEAR}[-./]{_MONTH}[-./]{_DAY}",
        rf"{_DAY}[-./\s]+{_MONTH}[-./\s]+{_SHORT_YEAR}",
        rf"{_WEEKDAY}{_DAY}(?:st|nd|rd|th|:?e)?[-./\s]*{_NAME}[-,./\s]*{_SHORT_YEAR}",
        rf"{_WEEKDAY}{_NAME}[-\s]*{_DAY}(?:st|nd|rd|th)?[-,\s]+{_YEAR}",
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)",
    )
]
_ZONES = {"z": 0, "utc": 0, "gmt": 0, "cet": 1, "cest": 2}


@lru_cache(maxsize=65_536)
def parse_date(text: str) -> Given | None:
    """The date or moment that a cell names, None where it names none.

    Day before month (12/11/2026 is 12 November), save where only the other order gives a date and there are no dots.
    Two digits of a year are 1970 to 2069. A number of five digits is Excel's count of days.
    """
    try:
        found = _iso(text) or _serial(text) or _written(text)
    except (ValueError, OverflowError):
        return None
    return found if found and EARLIEST <= found.year < LATEST else None


def _iso(text: str) -> Given | None:
    """The common case, read in C."""
    if not (text[4:5] == text[7:8] == "-" and len(text) in (10, 16, 19)):
        return None
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return None


def _serial(text: str) -> Given | None:
    found = _SERIAL.match(text)
    if not found:
        return None
    day = _FIRST_DAY + timedelta(days=int(found[1]))
    part_of_day = float(f"0.{found[2] or 0}")
    if not part_of_day:
        return day
    return datetime.combine(day, time()) + timedelta(seconds=round(part_of_day * 86_400))


def _written(text: str) -> Given | None:
    found = next((match for form in _FORMS if (match := form.match(text.strip()))), None)
    if not found:
        return None
    day = date(_year(found["year"]), *_month_and_day(found))
    if not found["hour"]:
        return day
    minute, second = int(found["minute"]), int(found["second"] or 0)
    return datetime.combine(day, time(_hour(found), minute, second, tzinfo=_zone(found["zone"])))


def _year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < 70 else 1900)


def _month_and_day(found: re.Match[str]) -> tuple[int, int]:
    day = int(found["day"])
    if "name" in found.re.groupindex:
        return MONTHS.get(fold(found["name"]), 0), day
    month = int(found["month"])
    may_swap = found.start("day") < found.start("month") and "." not in found.string[: found.end("year")]
    return (day, month) if may_swap and month > 12 >= day else (month, day)


def _hour(found: re.Match[str]) -> int:
    hour = int(found["hour"])
    if not found["half"]:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if found["half"].casefold() == "p" else 0)


def _zone(name: str | None) -> tzinfo | None:
    if not name:
        return None
    if name.casefold() in _ZONES:
        return timezone(timedelta(hours=_ZONES[name.casefold()]))
    hours, minutes = int(name[1:3]), int(name[3:].lstrip(":") or 0)
    return timezone((1 if name[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))


def moment(given: Given | None, *, stops: bool, zone: tzinfo, now: datetime) -> datetime | None:
    """The moment in UTC that a date stands for, None where it is unknown (rules 4.6).

    A bare date is its first moment for an allowance, its last, but not after `now`, for a stop. `zone` is the
    company's, for what has none of its own. So that a file applied twice says the same twice, let `now` be when a
    file of that digest was first applied.
    """
    if given is None:
        return None
    if isinstance(given, datetime):
        here = given if given.tzinfo else given.replace(tzinfo=zone, fold=int(stops))
        return here.astimezone(UTC)
    if not stops:
        return datetime.combine(given, time(), zone).astimezone(UTC)
    last = datetime.combine(given + timedelta(days=1), time(), zone).astimezone(UTC) - timedelta(microseconds=1)
    return min(last, now.astimezone(UTC))


def answer(text: str) -> str:
    """`yes`, `no`, `stop` for a word like *unsubscribed*, `nothing` for an empty cell or a dash, else `unknown`."""
    if not text:
        return "nothing"
    if text in TICKS:
        return "yes"
    plain = fold(text)
    return ANSWERS.get(plain, "unknown") if plain else "nothing"


def country_code(text: str) -> str:
    """The code of ISO 3166-1 where the country is recognised, else the text as it stands."""
    return COUNTRIES.get(fold(text), text)


def split_list(text: str) -> list[str]:
    """The items of a cell that holds several, each once."""
    return list(dict.fromkeys(item.strip() for item in re.split(r"[;,|\n]", text) if item.strip()))
