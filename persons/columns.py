"""The columns of a list of persons: what can stand in them, and which of them each user chose."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from persons import standing, verdict
from persons.models import ColumnChoice, Person, Subscription
from purposes.models import EMARKETING, STORE


@dataclass(frozen=True)
class Facts:
    """What the cells of some persons are made of, by the person's id; only what the columns at hand ask for."""

    answers: dict[str, dict[int, standing.PurposeRow]] = field(default_factory=dict)
    codes: dict[int, verdict.Code] = field(default_factory=dict)
    subscriptions: dict[int, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """What stands in one place of the table: a text, a moment, or a state with its sign."""

    label: Any
    text: str = ""
    moment: datetime | None = None
    sign: str = ""


@dataclass(frozen=True)
class Column:
    """One column; `order` is the order of the list that its head gives, `needs` names the facts it is made of."""

    key: str
    label: Any
    content: Callable[[Person, Facts], Any]
    order: str = ""
    way: str = "ascending"
    needs: str = ""

    def cell(self, person: Person, facts: Facts) -> Cell:
        content = self.content(person, facts)
        if isinstance(content, datetime):
            return Cell(self.label, moment=content)
        if isinstance(content, tuple):
            return Cell(self.label, text=content[0], sign=content[1])
        return Cell(self.label, text=str(content or ""))


def of_person(name: str) -> Callable[[Person, Facts], Any]:
    return lambda person, _facts: getattr(person, name)


def answer_on(purpose: str) -> Callable[[Person, Facts], Any]:
    def content(person: Person, facts: Facts) -> tuple[str, str]:
        row = facts.answers[purpose][person.pk]
        return row.state, row.sign

    return content


def basis_of(person: Person, facts: Facts) -> Any:
    answer = facts.answers[STORE][person.pk].answer
    return answer.basis if answer else (_("None"), "never")


def receives(person: Person, facts: Facts) -> tuple[str, str]:
    code = facts.codes[person.pk]
    return str(code.label), "on" if code in verdict.LET_IN else "stop"


def no_mailings(person: Person, _facts: Facts) -> Any:
    return (_("No mailings"), "stop") if person.no_mailings else ""


COLUMNS = {
    column.key: column
    for column in [
        Column("email", gettext_lazy("E-mail address"), of_person("email")),
        Column("company", gettext_lazy("Company"), of_person("company"), order="company"),
        Column("title", gettext_lazy("Job title"), of_person("title")),
        Column("phone", gettext_lazy("Phone"), of_person("phone")),
        Column("mobile", gettext_lazy("Mobile phone"), of_person("mobile")),
        Column("emarketing", gettext_lazy("E-marketing"), answer_on(EMARKETING), needs=EMARKETING),
        Column("receives", gettext_lazy("Can receive e-marketing"), receives, needs="codes"),
        Column(
            "subscriptions",
            gettext_lazy("Subscriptions"),
            lambda person, facts: ", ".join(facts.subscriptions.get(person.pk, [])),
            needs="subscriptions",
        ),
        Column("basis", gettext_lazy("Legal basis for sales and service"), basis_of, needs=STORE),
        Column("no_mailings", gettext_lazy("No mailings"), no_mailings),
        Column("street", gettext_lazy("Street"), of_person("street")),
        Column("postcode", gettext_lazy("Postcode"), of_person("postcode")),
        Column("city", gettext_lazy("City"), of_person("city")),
        Column("country", gettext_lazy("Country"), of_person("country")),
        Column("language", gettext_lazy("Language"), of_person("language")),
        Column("created", gettext_lazy("Created"), of_person("created_at")),
        Column("changed", gettext_lazy("Changed"), of_person("updated_at"), order="changed", way="descending"),
    ]
}
AT_FIRST = ["email", "company", "emarketing", "country", "changed"]


def chosen_by(user: Any) -> list[Column]:
    """The columns of a user's lists, in the order of the page."""
    choice = ColumnChoice.objects.filter(user=user).first()
    keys = choice.columns if choice else AT_FIRST
    return [column for key, column in COLUMNS.items() if key in keys]


def choose(user: Any, keys: Iterable[str]) -> None:
    """Keep a user's choice; without any, the columns are those of the beginning again."""
    if known := [key for key in COLUMNS if key in set(keys)]:
        ColumnChoice.objects.update_or_create(user=user, defaults={"columns": known})
    else:
        ColumnChoice.objects.filter(user=user).delete()


class Row(NamedTuple):
    """A person in a list, with what stands in the columns."""

    person: Person
    cells: list[Cell]


def rows(persons: Sequence[Person], columns: Sequence[Column]) -> list[Row]:
    facts = facts_of(persons, {column.needs for column in columns})
    return [Row(person, [column.cell(person, facts) for column in columns]) for person in persons]


def facts_of(persons: Sequence[Person], needs: set[str]) -> Facts:
    return Facts(
        answers={key: standing.answers_on(key, persons) for key in (EMARKETING, STORE) if key in needs},
        codes=verdict.codes(verdict.Question(), persons) if "codes" in needs else {},
        subscriptions=active_subscriptions(persons) if "subscriptions" in needs else {},
    )


def active_subscriptions(persons: Sequence[Person]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    active = Subscription.objects.filter(person__in=persons, is_active=True).select_related("type")
    for subscription in active.order_by("type__position", "type_id"):
        found.setdefault(subscription.person_id, []).append(str(subscription.type))
    return found
