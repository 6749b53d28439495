"""Which persons are asked for: one set of filters for the page, the API and saved selections."""

import re
from datetime import date
from functools import cache

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from persons import verdict
from persons.models import Consent, Operation, OperationPerson, Person, Selection, Subscription
from persons.models.person import searchable
from persons.outcomes import words_of
from persons.verdict import Code
from persons.work import MATTERS
from purposes.models import EMARKETING, LegalBasis, Purpose, Source, SubscriptionType, Wording

ENDED = ":ended"
LETTERS_INDEXED = 3  # shorter words have no trigram
DIGITS = 19  # of an id that fits its column
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
DIALLED = re.compile(r"[\d+()./-]+")

# What a mailing without a type can say of anybody who is kept.
RECEIVE = [Code.CONSENT, Code.SUBSCRIPTION, Code.NOT_FILTERED]
HELD_BACK = [
    Code.RETIRED,
    Code.NO_ADDRESS,
    Code.SUPPRESSED,
    Code.BOUNCED,
    Code.NO_MAILINGS,
    Code.WITHDRAWN,
    Code.UNSUBSCRIBED,
    Code.SHARED_ADDRESS,
    Code.EXPIRED,
    Code.NOT_ACCEPTED,
    Code.NO_CONSENT,
]


def purposes():
    return [(purpose.pk, str(purpose)) for purpose in Purpose.objects.all()]


def subscriptions():
    types = list(SubscriptionType.objects.all())
    return [
        (_("Subscribed"), [(type_.pk, str(type_)) for type_ in types]),
        (_("Ended"), [(type_.pk + ENDED, _("%(type)s, ended") % {"type": type_}) for type_ in types]),
    ]


def selections():
    return [(str(selection.pk), str(selection)) for selection in Selection.objects.all()]


def answers(kind, purposes):
    """Every purpose with every row of a list: legal bases or sources."""
    rows = list(kind.objects.all())
    return [(purpose, [(f"{key}:{row.pk}", str(row)) for row in rows]) for key, purpose in purposes()]


def standings(purposes):
    """Every purpose with what an answer on it can amount to."""
    named = Consent.Standing.choices
    return [(f"{key}:{standing}", f"{purpose}: {label}") for key, purpose in purposes() for standing, label in named]


def countries():
    return [(country, country) for country in Person.objects.countries()]


class PersonFilterSet(django_filters.FilterSet):
    """The filters of persons who are kept. Each says in its label what a chip on the page says."""

    EMARKETING = [
        ("on", _("ON")),
        ("off", _("OFF, for any reason")),
        ("withdrawn", _("OFF, the person said no")),
        ("never", _("Never asked")),
        ("expired", _("Expired")),
    ]
    YES_NO = [("yes", _("Yes")), ("no", _("No"))]
    VERDICTS = [
        (_("Can receive"), [("yes", _("Yes, for any reason")), *((code.value, code.label) for code in RECEIVE)]),
        (_("Held back"), [("no", _("No, for any reason")), *((code.value, code.label) for code in HELD_BACK)]),
    ]
    MORE = [  # behind "More filters"
        "verdict",
        "work",
        "basis",
        "source",
        "missing",
        "selection",
        "company",
        "country",
        "no_mailings",
        "created_since",
        "changed_since",
    ]
    # where numbers on other pages lead; not offered to choose
    LINKED = ["on", "resting_on", "by_wording", "standing", "only_without_filter", "ids", "outcome"]

    q = django_filters.CharFilter(label=_("Search"), method="search")
    emarketing = django_filters.ChoiceFilter(
        label=_("E-marketing"), choices=EMARKETING, method="by_emarketing", empty_label=_("All")
    )
    subscription = django_filters.ChoiceFilter(label=_("Subscription"), method="by_subscription", empty_label=_("All"))
    verdict = django_filters.ChoiceFilter(
        label=_("Can receive e-marketing"), choices=VERDICTS, method="by_verdict", empty_label=_("All")
    )
    selection = django_filters.ChoiceFilter(label=_("Selection"), method="by_selection", empty_label=_("All"))
    company = django_filters.CharFilter(label=_("Company"), method="by_company")
    country = django_filters.ChoiceFilter(label=_("Country"), empty_label=_("All"))
    work = django_filters.ChoiceFilter(
        label=_("Work list"),
        choices=[(matter.key, matter.label) for matter in MATTERS.values()],
        method="by_work",
        empty_label=_("All"),
    )
    basis = django_filters.ChoiceFilter(label=_("Legal basis"), method="by_basis", empty_label=_("All"))
    source = django_filters.ChoiceFilter(label=_("Source"), method="by_source", empty_label=_("All"))
    missing = django_filters.ChoiceFilter(label=_("No legal basis for"), method="without_answer", empty_label=_("All"))
    no_mailings = django_filters.ChoiceFilter(
        label=_("No mailings"), choices=YES_NO, method="by_no_mailings", empty_label=_("All")
    )
    created_since = django_filters.DateFilter(
        label=_("Created since"), field_name="created_at", lookup_expr="date__gte", widget=DAY
    )
    changed_since = django_filters.DateFilter(
        label=_("Changed since"), field_name="updated_at", lookup_expr="date__gte", widget=DAY
    )
    ids = django_filters.CharFilter(label=_("Chosen"), method="by_ids")
    outcome = django_filters.CharFilter(label=_("Operation"), method="by_outcome")
    on = django_filters.ChoiceFilter(label=_("ON"), method="with_purpose_on")
    standing = django_filters.ChoiceFilter(label=_("Answer"), method="by_standing")
    resting_on = django_filters.CharFilter(label=_("ON, and resting on"), method="with_basis")
    by_wording = django_filters.CharFilter(label=_("ON, by the wording"), method="with_wording")
    only_without_filter = django_filters.ChoiceFilter(
        label=_("Would receive mailings only with the filter OFF"),
        choices=[("1", _("Yes"))],
        method="reached_without_filter",
    )

    class Meta:
        model = Person
        fields: list[str] = []

    def __init__(self, data=None, queryset=None, **options):
        super().__init__(data, Person.objects.kept() if queryset is None else queryset, **options)
        asked_once = cache(purposes)

        def any_or_one():
            return [("", _("On any purpose")), *asked_once()]

        choices = {
            "on": asked_once,
            "standing": cache(lambda: standings(asked_once)),
            "missing": asked_once,
            "basis": cache(lambda: answers(LegalBasis, any_or_one)),
            "source": cache(lambda: answers(Source, any_or_one)),
            "subscription": cache(subscriptions),
            "selection": cache(selections),
            "country": cache(countries),
        }
        for name, of in choices.items():
            self.filters[name].extra["choices"] = of

    def search(self, persons, _name, text):
        return search(persons, text)

    def by_emarketing(self, persons, _name, state):
        answers = Consent.objects.with_standing().filter(person=OuterRef("pk"), purpose=EMARKETING)
        if state == "never":
            return persons.filter(~Exists(answers))
        if state == "off":
            return persons.filter(~Exists(answers.filter(standing=Consent.Standing.ON)))
        standing = {"on": "on", "withdrawn": "stopped", "expired": "expired"}[state]
        return persons.filter(Exists(answers.filter(standing=standing)))

    def by_subscription(self, persons, _name, value: str):
        chosen = Subscription.objects.filter(
            person=OuterRef("pk"), type=value.removesuffix(ENDED), is_active=not value.endswith(ENDED)
        )
        return persons.filter(Exists(chosen))

    def by_verdict(self, persons, _name, value: str):
        codes = {"yes": RECEIVE, "no": HELD_BACK}.get(value) or [Code(value)]
        return persons.filter(pk__in=verdict.ids_with(verdict.Question(), *codes))

    def by_selection(self, persons, _name, value: str):
        return persons.filter(pk__in=persons_of(Selection.objects.get(pk=value)).order_by().values("pk"))

    def by_work(self, persons, _name, value: str):
        return MATTERS[value].persons(persons)

    def by_basis(self, persons, _name, value: str):
        purpose, _separator, basis = value.partition(":")
        given = Consent.objects.filter(person=OuterRef("pk"), basis=basis)
        return persons.filter(Exists(given.filter(purpose=purpose) if purpose else given))

    def by_source(self, persons, _name, value: str):
        purpose, _separator, source = value.partition(":")
        given = Consent.objects.filter(person=OuterRef("pk"), source=source)
        return persons.filter(Exists(given.filter(purpose=purpose) if purpose else given))

    def by_ids(self, persons, _name, value: str):
        """Persons picked one by one: the value is like 7,12,19."""
        return persons.filter(pk__in=numbers(value))

    def by_outcome(self, persons, _name, value: str):
        """Those for whom an operation came to an outcome: the value is like 12:recorded."""
        operation, _separator, outcome = value.partition(":")
        if not (operation.isdecimal() and len(operation) < DIGITS):
            return persons.none()
        found = OperationPerson.objects.filter(operation=int(operation), person=OuterRef("pk"))
        counts = Q(is_done=True) | Q(operation__state__in=[Operation.State.CHECKING, Operation.State.CHECKED])
        return persons.filter(
            Exists(found.filter(is_done=False) if outcome == "not_done" else found.filter(counts, outcome=outcome))
        )

    def by_company(self, persons, _name, text):
        return persons.filter(company__search_key__contains=searchable(Value(text)))

    def without_answer(self, persons, _name, value: str):
        return persons.filter(~Exists(Consent.objects.filter(person=OuterRef("pk"), purpose=value)))

    def by_no_mailings(self, persons, _name, value):
        kept_out = Q(no_mailings=True) | Q(company__no_mailings=True)
        return persons.filter(kept_out) if value == "yes" else persons.exclude(kept_out)

    def with_purpose_on(self, persons, _name, value: str):
        return persons.filter(Exists(Consent.objects.on().filter(person=OuterRef("pk"), purpose=value)))

    def by_standing(self, persons, _name, value: str):
        """Those whose answer on a purpose amounts to something at this moment: the value is like STORE:stopped."""
        key, _separator, standing = value.partition(":")
        answers = Consent.objects.with_standing().filter(person=OuterRef("pk"), purpose=key, standing=standing)
        return persons.filter(Exists(answers))

    def with_basis(self, persons, _name, value):
        """Those whose answer counts and rests on one of some bases: the value is like STORE:61B,61F."""
        key, _separator, bases = value.partition(":")
        given = Consent.objects.on().filter(person=OuterRef("pk"), purpose=key, basis__in=bases.split(","))
        return persons.filter(Exists(given))

    def with_wording(self, persons, _name, value):
        """Those whose answer counts and rests on one of some wordings: the value is like 12,13."""
        given = Consent.objects.on().filter(person=OuterRef("pk"), wording__in=numbers(value))
        return persons.filter(Exists(given))

    def reached_without_filter(self, persons, _name, _value):
        """Those whom a mailing without a type reaches only while the filter of recipients is off."""
        reached = verdict.ids_with(verdict.Question(filter_on=False), Code.NOT_FILTERED)
        return persons.filter(pk__in=reached)

    @cached_property
    def active(self) -> dict[str, str]:
        """The filters in force, by name, each with what it was set to in words."""
        values = self.form.cleaned_data if self.is_valid() else {}
        return {name: self.in_words(name, value) for name, value in values.items() if value}

    def in_words(self, name, value) -> str:
        if name == "ids":
            number = value.count(",") + 1
            return ngettext("%(number)d person", "%(number)d persons", number) % {"number": number}
        if name == "outcome":
            operation, _separator, outcome = value.partition(":")
            return f"{operation}: {words_of(outcome)}"
        if isinstance(value, date):
            return date_format(value)
        if name in ("basis", "source"):
            return self.answer_in_words(name, value)
        if name == "resting_on":
            key, _separator, bases = value.partition(":")
            return ", ".join(str(row) for row in [*Purpose.objects.filter(pk=key), *basis_names(bases)])
        if name == "by_wording":
            wordings = Wording.objects.select_related("purpose").filter(pk__in=numbers(value))
            return ", ".join(map(wording_name, wordings.order_by("purpose", "language", "number")))
        return str(flat(getattr(self.form.fields[name], "choices", [])).get(value, value))

    def answer_in_words(self, name, value):
        """The purpose with it: what stands in a group of the choices says it only there."""
        choices = self.form.fields[name].choices
        return next(f"{group}: {label}" for group, rows in choices if group for key, label in rows if key == value)


def persons_asked_for(parameters) -> QuerySet[Person]:
    """The persons that the parameters of an address, or of a saved selection, ask for; nobody if they make no sense."""
    found = PersonFilterSet(parameters)
    return found.qs if found.is_valid() else Person.objects.none()


def persons_of(selection: Selection) -> QuerySet[Person]:
    """The persons of a selection at this moment; of a static one also members who were merged away since.

    A saved filter never asks for another selection, lest two ask for each other.
    """
    if selection.is_dynamic:
        return persons_asked_for({name: value for name, value in selection.filter.items() if name != "selection"})
    return Person.objects.filter(selections=selection)


def search(persons: QuerySet[Person], text: str) -> QuerySet[Person]:
    """Those of whom every word is part of name, e-mail, phone or company; accents and case do not matter."""
    for word in text.split():
        wanted = re.sub(r"\D", "", word) if DIALLED.fullmatch(word) else word
        persons = persons.filter(_rare(wanted) if len(wanted) >= LETTERS_INDEXED else _common(wanted))
    return persons


def _rare(word: str) -> Q:
    """Found by the two indexes, one after the other: neither serves a condition that names both tables."""
    key = searchable(Value(word))
    themselves = Person.objects.order_by().filter(search_key__contains=key)
    by_company = Person.objects.order_by().filter(company__search_key__contains=key)
    return Q(pk__in=themselves.values("pk").union(by_company.values("pk")))


def _common(word: str) -> Q:
    """Too short for the index, and part of so many that walking down the list finds a page of them soonest."""
    key = searchable(Value(word))
    return Q(search_key__contains=key) | Q(company__search_key__contains=key)


def basis_names(keys: str) -> QuerySet[LegalBasis]:
    return LegalBasis.objects.filter(pk__in=keys.split(","))


def wording_name(wording: Wording) -> str:
    return f"{wording.purpose}, {wording.get_language_display()} {wording.number}"


def numbers(value: str) -> list[int]:
    return [int(pk) for pk in value.split(",") if pk.isdecimal() and len(pk) < DIGITS]


def flat(choices) -> dict:
    """Choices without their groups."""
    return {
        value: label
        for key, content in choices
        for value, label in (content if isinstance(content, list | tuple) else [(key, content)])
    }
