"""Rules 3, walked through: whole crowds with every combination of facts, against the table in plain Python."""

import functools
import itertools
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from django.db import connection, transaction

from persons import ledger, verdict
from persons.ledger import Answer, Recorder
from persons.models import Act, Company, Door, Person, keyed_hash
from persons.verdict import Code, Kind, Question
from purposes.models import AcceptedBasis, PrivacySettings, Purpose, SubscriptionType, Wording
from tests.factories import PersonFactory

MARKETING, SERVICE, SINGLE = Kind.MARKETING, Kind.SERVICE, Kind.SINGLE
NEWS, OFFERS, OLD = "NEWS", "PROMOTIONS", "OLD"  # two active types, and one that was deactivated
TODAY = datetime.now(UTC)


# ---- a person, as the table of rules 3 sees one


class Said(NamedTuple):
    """A standing answer: on which basis, on which day of the story, whether through an own door, and its end."""

    basis: str
    day: int = 40
    own: bool = False
    until: int | None = None
    wording: str = ""


@dataclass(frozen=True)
class Somebody:
    retired: str = ""
    has_address: bool = True
    suppressed: str = ""
    bounced: str = ""
    no_mailings: str = ""
    said: tuple[tuple[str, Said], ...] = ()  # by purpose or subscription type
    others: tuple["Somebody", ...] = ()  # with the same address


TODAY_IS, LATER = 100, 9_999  # days of the story
STOPS = {"WITHDRAWN", "OBJECTED", "REFUSED"}


# ---- the table of rules 3, once more


@dataclass(frozen=True)
class Settings:
    filters: bool = True
    accepted: frozenset[str] = frozenset({"61A", "61F"})
    inactive: frozenset[str] = frozenset({OLD})
    asked_again: frozenset[str] = frozenset({"asked again"})


SHIPPED = Settings()


def stated(somebody: Somebody, question: Question, settings: Settings = SHIPPED, day: float = TODAY_IS):
    """The code that rules 3 give, and the answers that it may rest on, as (whose, about what); 0 is the person's own.

    Of a past moment, question.moment, rows 1-5 and 8 say nothing.
    """
    marketing, today = question.kind == MARKETING, question.moment is None
    said = dict(somebody.said)
    answer = said.get(question.purpose)
    allowed = answer and answer.basis not in STOPS
    ran_out = allowed and ((answer.until or LATER) <= day or answer.wording in settings.asked_again)
    on_answer = {(0, question.purpose)} if answer else {None}
    if today and somebody.retired:
        return "retired", {None}
    if today and not somebody.has_address:
        return "no_address", {None}
    if today and somebody.suppressed == "by an admin":
        return "suppressed", {None}
    if today and somebody.bounced in ("no such address", "five in a row"):
        return "bounced", {None}
    if question.kind == SINGLE:
        return "single", {None}
    if today and marketing and somebody.no_mailings:
        return "no_mailings", {None}
    if answer and answer.basis in STOPS:
        return "withdrawn", on_answer
    if marketing and (ended := ends(said, question.type, settings)):
        return "unsubscribed", {(0, type_) for type_ in ended}
    if today and marketing and (noes := noes_at_the_address(somebody, question.type, settings)):
        return "shared_address", noes
    if allowed and answer.basis in settings.accepted and not ran_out:
        return "consent", on_answer
    if marketing and (active := subscriptions(said, question.type, settings)):
        return "subscription", {(0, type_) for type_ in active}
    if marketing and question.override:
        return "override", on_answer
    if marketing and not (settings.filters if question.filter_on is None else question.filter_on):
        return "not_filtered", on_answer
    if ran_out:
        return "expired", on_answer
    return ("not_accepted" if allowed else "no_consent"), on_answer


def subscriptions(said: dict[str, Said], type_: str | None, settings: Settings) -> set[str]:
    """The active subscriptions that count for a mailing of a type; for one without a type, all of active types."""
    wanted = {type_} if type_ else {NEWS, OFFERS, OLD} - settings.inactive
    return {each for each in wanted if each in said and said[each].basis not in STOPS}


def ends(said: dict[str, Said], type_: str | None, settings: Settings) -> set[str]:
    """The ended subscriptions, where row 7 holds."""
    asked = {type_} if type_ else {NEWS, OFFERS, OLD}
    ended = {each for each in asked if each in said and said[each].basis in STOPS}
    return set() if subscriptions(said, type_, settings) else ended


def noes_at_the_address(somebody: Somebody, type_: str | None, settings: Settings) -> set[tuple[int, str]]:
    """What others with the address refused, and this person has not answered later through an own door: row 8."""
    mine, noes = dict(somebody.said), set()
    for number, other in enumerate(somebody.others, start=1):
        theirs = dict(other.said)
        stop, answer = theirs.get("EMARKETING"), mine.get("EMARKETING")
        if stop and stop.basis in STOPS and not came_later([answer] if answer else [], stop.day):
            noes.add((number, "EMARKETING"))
        ended = ends(theirs, type_, settings)
        answers = [mine[each] for each in subscriptions(mine, type_, settings)]
        if ended and not came_later(answers, max(theirs[each].day for each in ended)):
            noes |= {(number, each) for each in ended}
    return noes


def came_later(answers: Iterable[Said], day: int) -> bool:
    return any(answer.own and answer.basis not in STOPS and answer.day > day for answer in answers)


# ---- the crowds

EMARKETING = [
    None,
    Said("61A"),
    Said("61F", until=TODAY_IS + 1, wording="asked again later"),
    Said("61B"),
    Said("61A", until=TODAY_IS - 1),
    Said("61A", wording="asked again"),
    Said("61B", until=TODAY_IS - 1),
    Said("WITHDRAWN"),
    Said("OBJECTED", own=True),
    Said("REFUSED", wording="asked again"),
]
ACTIVE, ENDED = Said("61A"), Said("WITHDRAWN")
CHOICES = [
    {type_: choice for type_, choice in zip((NEWS, OFFERS, OLD), choices, strict=True) if choice}
    for choices in itertools.product([None, ACTIVE, ENDED], repeat=3)
]
GATES = (
    [
        Somebody(retired=retired, suppressed=suppressed, bounced=bounced, no_mailings=no_mailings)
        for retired, suppressed, bounced, no_mailings in itertools.product(
            ["", "former employee"],
            ["", "by an admin"],
            ["", "five in a row", "no such address"],
            ["", "person", "company"],
        )
    ]
    + [
        Somebody(suppressed="lifted"),
        Somebody(bounced="four in a row"),
    ]
    + [
        Somebody(has_address=False, retired=retired, no_mailings=no_mailings)
        for retired, no_mailings in itertools.product(
            ["", "former employee", "merged", "erased"], ["", "person", "company"]
        )
    ]
)
THEIR_DAY = 50
HOUSEMATES = [
    {"EMARKETING": Said("WITHDRAWN", THEIR_DAY)},
    {"EMARKETING": Said("OBJECTED", THEIR_DAY, own=True), NEWS: Said("61A", THEIR_DAY, own=True)},
    {"EMARKETING": Said("61A", THEIR_DAY), OFFERS: Said("61A", THEIR_DAY)},
    {NEWS: Said("WITHDRAWN", THEIR_DAY)},
    {NEWS: Said("WITHDRAWN", THEIR_DAY, own=True), OFFERS: Said("61A", THEIR_DAY)},
    {NEWS: Said("WITHDRAWN", THEIR_DAY), OLD: Said("61A", THEIR_DAY)},
    {OLD: Said("WITHDRAWN", THEIR_DAY)},
    {"EMARKETING": Said("REFUSED", THEIR_DAY), OFFERS: Said("WITHDRAWN", THEIR_DAY)},
    {NEWS: Said("WITHDRAWN", THEIR_DAY - 30), OFFERS: Said("WITHDRAWN", THEIR_DAY)},
]
GIVEN = [(THEIR_DAY + 1, True), (THEIR_DAY + 1, False), (THEIR_DAY, True), (THEIR_DAY - 1, True)]  # day, own door


def with_answers(somebody: Somebody, **answers: Said | None) -> Somebody:
    return replace(somebody, said=(*somebody.said, *((about, each) for about, each in answers.items() if each)))


def gated() -> Iterator[Somebody]:
    """Rows 1-5 and everything below them, of persons alone at their address."""
    for gate, answer, chosen in itertools.product(GATES, EMARKETING, CHOICES):
        yield with_answers(gate, EMARKETING=answer, **chosen)


def housed() -> Iterator[Somebody]:
    """Row 8 and everything below it: what others refused, and when and how this person answered."""
    kinds = [EMARKETING[0], EMARKETING[1], EMARKETING[3], EMARKETING[5], EMARKETING[7]]
    for answer, chosen, theirs in itertools.product(kinds, CHOICES, HOUSEMATES):
        housemate = with_answers(Somebody(), **theirs)
        for answered, chose in itertools.product(dated(answer), dated_choices(chosen)):
            yield with_answers(Somebody(others=(housemate,)), EMARKETING=answered, **chose)


def dated(answer: Said | None) -> list[Said | None]:
    """The days on which an answer may have been given, where the day matters to the verdict."""
    if answer is None or answer.basis in STOPS:
        return [answer]
    return [answer._replace(day=day, own=own) for day, own in GIVEN]


def dated_choices(chosen: dict[str, Said]) -> list[dict[str, Said]]:
    if ACTIVE not in chosen.values():
        return [chosen]
    return [
        {type_: each._replace(day=day, own=own) if each is ACTIVE else each for type_, each in chosen.items()}
        for day, own in GIVEN
    ]


def held_back_beside_others() -> Iterator[Somebody]:
    """Rows 1-7 come before row 8, and the other's own code does not matter."""
    for gate, theirs, answer in itertools.product(GATES, HOUSEMATES, EMARKETING[:2]):
        if gate.has_address:
            housemate = with_answers(Somebody(retired=gate.retired, no_mailings=gate.no_mailings), **theirs)
            yield with_answers(replace(gate, others=(housemate,)), EMARKETING=answer)
            yield with_answers(Somebody(others=(housemate,)), EMARKETING=answer)


def crowded() -> Iterator[Somebody]:
    """Two others at the address: the one who refused last counts."""
    for first, second in itertools.permutations(HOUSEMATES, 2):
        later = {about: each._replace(day=each.day + 20) for about, each in second.items()}
        others = (with_answers(Somebody(), **first), with_answers(Somebody(), **later))
        for day in (THEIR_DAY - 1, THEIR_DAY + 10, THEIR_DAY + 30):
            own, own_no = Said("61A", day, own=True), Said("WITHDRAWN", day, own=True)
            for chosen in ({NEWS: own}, {NEWS: own._replace(day=1), OFFERS: own}, {NEWS: own_no, OFFERS: ACTIVE}):
                yield with_answers(Somebody(others=others), EMARKETING=own, **chosen)


@functools.cache
def everybody() -> list[Somebody]:
    """All of them; those who are alone also said something about sales and service, for the service mailings."""
    chance = random.Random(3)  # noqa: S311 - the same draw each time
    alone = [with_answers(somebody, STORE=chance.choice(EMARKETING)) for somebody in gated()]
    return [*alone, *housed(), *held_back_beside_others(), *crowded()]


# ---- the crowds in the database


class Placed(NamedTuple):
    """Somebody, as the person with this id; the events of the answers by (whose, about what), as in `stated`."""

    somebody: Somebody
    person_id: int
    event_ids: dict[tuple[int, str] | None, int | None]


def at(day: int | None) -> datetime | None:
    return TODAY + timedelta(days=day - TODAY_IS) if day is not None else None


@pytest.fixture
def lists(db):
    """The lists of the story: an inactive type, and wordings that people had, or will have, to be asked again about."""
    make_lists()


def make_lists():
    SubscriptionType.objects.create(key=OLD, name="Old", is_active=False)
    text = {"purpose_id": "EMARKETING", "language": "en", "approval_text": "May we write to you?"}
    Wording.objects.create(number=1, ask_again_by=at(TODAY_IS - 1), **text)
    Wording.objects.create(number=2, ask_again_by=at(TODAY_IS + 1), **text)


class Crowd:
    """Puts persons into the database by COPY: with what stands and, where wanted, the events beneath."""

    def __init__(self):
        self.tables = {name: [] for name in TABLES}
        ids = Wording.objects.order_by("number").values_list("pk", flat=True)
        self.wordings = {"": None} | dict(zip(["asked again", "asked again later"], ids, strict=True))
        self.companies = {
            name: Company.objects.create(name=name, no_mailings=name == "company").pk for name in ("", "company")
        }
        self.survivor = PersonFactory(email="").pk
        self.persons = itertools.count(self.survivor + 1)
        self.events = itertools.count(1)

    def place(self, somebodies: Iterable[Somebody], *, with_events: bool = True) -> list[Placed]:
        acts = {own: new_act(own) for own in (True, False)}
        placed = [self._add(somebody, acts) for somebody in somebodies]
        if not with_events:
            self.tables["persons_consentevent"].clear()
        self.write()
        return placed

    def write(self):
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")  # checks no foreign keys: half of the time
            for table, rows in self.tables.items():
                with cursor.copy(f"COPY {table} ({TABLES[table]}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
                rows.clear()
            cursor.execute("SET session_replication_role = origin")
            cursor.execute(f"ANALYZE {', '.join(TABLES)}")

    def _add(self, somebody: Somebody, acts: dict[bool, Act]) -> Placed:
        person_id, event_ids = next(self.persons), {None: None}
        address = f"p{person_id}@example.com" if somebody.has_address else None
        for number, each in enumerate((somebody, *somebody.others)):
            this_id = next(self.persons) if number else person_id
            self._add_person(each, this_id, address)
            for about, said in each.said:
                event_ids[number, about] = self._add_answer(this_id, about, said, acts[said.own])
        if address:
            self._add_facts_of_address(somebody, keyed_hash(address))
        return Placed(somebody, person_id, event_ids)

    def _add_person(self, somebody: Somebody, person_id: int, address: str | None):
        self.tables["persons_person"].append((
            person_id, address, address and keyed_hash(address), somebody.no_mailings == "person",
            self.companies["company" if somebody.no_mailings == "company" else ""],
            somebody.retired == "former employee", self.survivor if somebody.retired == "merged" else None,
            TODAY if somebody.retired == "erased" else None, TODAY, *[""] * 11,
        ))  # fmt: skip

    def _add_answer(self, person_id: int, about: str, said: Said, act: Act) -> int:
        event_id = self.add_event(person_id, about, said, act)
        wording, force = self.wordings[said.wording], 2 if said.own else 1
        common = (event_id, person_id, event_id, "UNKNOWN", at(said.day), TODAY, wording, force, said.own)
        if about in TYPES:
            self.tables["persons_subscription"].append((*common, about, said.basis == "61A"))
        else:
            self.tables["persons_consent"].append((*common, about, said.basis, at(said.until)))
        return event_id

    def add_event(self, person_id: int, about: str, said: Said | None, act: Act, *, is_late: bool = False) -> int:
        event_id, what = next(self.events), said or Said("")
        purpose, type_ = (None, about) if about in TYPES else (about, None)
        until = act.recorded_at + BLINK if what.until == TODAY_IS else at(what.until)
        self.tables["persons_consentevent"].append((
            event_id, act.pk, person_id, purpose, type_, what.basis or None, "UNKNOWN", at(what.day), until,
            self.wordings[what.wording], 2 if what.own else 1, what.own, is_late,
        ))  # fmt: skip
        return event_id

    def _add_facts_of_address(self, somebody: Somebody, address_hash: bytes):
        if somebody.suppressed:
            lifted = TODAY if somebody.suppressed == "lifted" else None
            self.tables["persons_suppression"].append((address_hash, "admin", lifted, ""))
        if somebody.bounced:
            failed = TODAY if somebody.bounced == "no such address" else None
            in_a_row = {"four in a row": 4, "five in a row": 5}.get(somebody.bounced, 0)
            self.tables["persons_deliverability"].append((address_hash, failed, in_a_row, "", TODAY))


TYPES = {NEWS, OFFERS, OLD}
STANDING = "id, person_id, event_id, source_id, given_at, recorded_at, wording_id, force, is_own"
TABLES = {
    "persons_person": "id, address, address_hash, no_mailings, company_id, former_employee, merged_into_id, erased_at,"
    " updated_at, first_name, last_name, title, email, phone, mobile, street, postcode, city, country, language",
    "persons_consentevent": "id, act_id, person_id, purpose_id, subscription_type_id, basis_after_id, source_id,"
    " given_at, valid_until, wording_id, force, is_own, is_late",
    "persons_consent": f"{STANDING}, purpose_id, basis_id, valid_until",
    "persons_subscription": f"{STANDING}, type_id, is_active",
    "persons_suppression": "address_hash, reason, lifted_at, lifted_because",
    "persons_deliverability": "address_hash, failed_at, bounces_in_a_row, diagnosis, updated_at",
}


def new_act(own: bool = False) -> Act:
    act = Act.objects.create(door=Door.FORM if own else Door.IMPORT, is_own_door=own)
    act.refresh_from_db()
    return act


def judged(question: Question, among: str | None = None) -> dict[int, tuple[str, int | None, bool]]:
    """The code of each person, the event it rests on, and whether it rests on consent."""
    sql, parameters = verdict.judged(question, among)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT person_id, code, event_id, rests_on_consent FROM ({sql}) v", parameters)
        return {person_id: tuple(found) for person_id, *found in cursor.fetchall()}


def differences(placed: list[Placed], question: Question, settings: Settings, day: float = TODAY_IS) -> list:
    """Who got another code than the table gives, or one for another reason; the first three."""
    found, wrong = judged(question), []
    for somebody, person_id, event_ids in placed:
        code, because = stated(somebody, question, settings, day)
        rests_on_consent = code == "subscription" or (code == "consent" and basis_of(somebody, question) == "61A")
        got, event_id, rests = found[person_id]
        if got != code or event_id not in {event_ids[about] for about in because} or rests != rests_on_consent:
            wrong.append((somebody, question, f"{got} for {event_id}, {rests}", f"not {code} for {because}"))
    return wrong[:3]


def basis_of(somebody: Somebody, question: Question) -> str:
    return dict(somebody.said)[question.purpose].basis


# ---- the walk


def marketing(type_: str | None) -> Iterator[tuple[bool, Question]]:
    """The setting, and a question: one that leaves the filter to the setting, and one that says the opposite."""
    for setting, override in itertools.product([True, False], repeat=2):
        yield setting, Question(type=type_, override=override)
        yield setting, Question(type=type_, override=override, filter_on=not setting)


OTHER_KINDS = [
    (True, Question(type=OLD)),
    (False, Question(type=OLD)),
    (True, Question(kind=SERVICE, purpose="STORE")),
    (False, Question(kind=SERVICE, purpose="STORE", override=True)),
    (False, Question(kind=SERVICE, purpose="STORE", type=NEWS, filter_on=False)),
    (False, Question(kind=SINGLE)),
]
ROWS = {code.value for code in Code} - {"duplicate", "address_changed"}  # what `verdict` decides


@pytest.mark.database
def test_every_combination_of_facts_gets_the_code_and_the_reason_of_the_table(lists):
    placed = Crowd().place(everybody(), with_events=False)
    AcceptedBasis.objects.filter(purpose="STORE", basis="61B").delete()
    met = set()

    for setting, question in [*marketing(NEWS), *marketing(None), *OTHER_KINDS]:
        PrivacySettings.objects.update(filter_recipients=setting)
        settings = Settings(filters=setting)
        met |= {stated(each.somebody, question, settings)[0] for each in placed[::10]}

        assert differences(placed, question, settings) == []

    assert met == ROWS


@pytest.fixture
def some(lists):
    """A few hundred of the crowd, with their events."""
    return Crowd().place(everybody()[::97])


ASKED = [
    Question(),
    Question(type=NEWS),
    Question(type=NEWS, filter_on=False),
    Question(override=True),
    Question(kind=SERVICE, purpose="STORE"),
    Question(kind=SINGLE),
]


@pytest.mark.parametrize("question", ASKED)
def test_asking_about_some_persons_gives_what_asking_about_everybody_gives(some, question):
    chosen = [each.person_id for each in some[::2]]

    found = judged(question, verdict.among_ids(Person.objects.filter(pk__in=chosen)))

    assert found == {person_id: each for person_id, each in judged(question).items() if person_id in chosen}


@pytest.mark.parametrize("question", ASKED)
def test_the_counts_add_up_to_everybody(some, question):
    settings = Settings(accepted=frozenset({"61A", "61B", "61F"})) if question.kind == SERVICE else Settings()
    persons = Person.objects.filter(pk__in=[each.person_id for each in some])

    found = verdict.counts(question, persons)

    assert found == Counter(stated(each.somebody, question, settings)[0] for each in some)


def test_counts_without_a_set_are_about_everybody(some):
    assert sum(verdict.counts(Question()).values()) == Person.objects.count()


def test_nobody_has_no_counts(some):
    assert verdict.counts(Question(), Person.objects.none()) == {}
    assert verdict.counts(Question(), Person.objects.filter(pk__in=[])) == {}


@pytest.mark.django_db
def test_a_set_may_be_chosen_by_any_text():
    odd = PersonFactory(first_name="100 % {of} %s 'them'")

    assert verdict.counts(Question(), Person.objects.filter(first_name__contains="% {of} %s '")) == {"no_consent": 1}
    assert list(verdict.persons_with(Question(), Code.NO_CONSENT).filter(first_name=odd.first_name)) == [odd]


def test_the_persons_with_a_code_are_those_who_are_counted(some):
    question = Question(type=NEWS, filter_on=True)
    by_id = {each.person_id: stated(each.somebody, question)[0] for each in some}
    persons = Person.objects.filter(pk__in=by_id)

    for code in Code:
        found = persons & verdict.persons_with(question, code)
        assert {person.pk for person in found} == {each for each, its in by_id.items() if its == code}
    held_back = persons & verdict.persons_with(question, Code.WITHDRAWN, Code.UNSUBSCRIBED)
    assert held_back.count() == sum(code in ("withdrawn", "unsubscribed") for code in by_id.values()) > 0


# ---- in words


@pytest.mark.parametrize("question", ASKED)
def test_an_explanation_gives_the_code_the_event_and_a_sentence(some, question):
    settings = Settings(accepted=frozenset({"61A", "61B", "61F"})) if question.kind == SERVICE else Settings()
    for somebody, person_id, event_ids in some[::12]:
        code, because = stated(somebody, question, settings)

        found = verdict.explain(Person.objects.get(pk=person_id), question)

        assert (found.code, found.allowed) == (code, code in LET_IN)
        assert (found.event and found.event.pk) in {event_ids[about] for about in because}
        assert re.fullmatch(r"(Yes|No) - [A-Z][A-Za-z0-9 ,:()-]+", found.sentence)
        assert found.sentence.startswith("Yes" if found.allowed else "No")
        assert "None" not in found.sentence


LET_IN = {"consent", "subscription", "override", "not_filtered", "single"}


def said_by(person: Person, door: Door, *answers: Answer):
    for answer in answers:
        ledger.record(answer, by=Recorder(door=door))


@pytest.mark.django_db
def test_the_sentence_says_what_was_answered_when_and_by_whom():
    kari, ola = PersonFactory(email="home@example.com"), PersonFactory(email="home@example.com")
    noon = datetime(2026, 10, 3, 12, tzinfo=UTC)
    yes = {"purpose_id": "EMARKETING", "basis_id": "61A", "source_id": "WEBFORM", "comment": "Said so at the fair."}
    no = {"purpose_id": "EMARKETING", "basis_id": "WITHDRAWN", "source_id": "EMAIL"}
    news = {"type_id": NEWS, "source_id": "WEBFORM", "comment": "Said so at the fair."}

    assert verdict.explain(kari).sentence == "No - Never asked"
    assert verdict.explain(kari, Question(filter_on=False)).sentence == "Yes - Let in, because the filter is off"

    kept_out = PersonFactory(no_mailings=True)
    assert verdict.explain(kept_out).sentence == "No - Kept out by staff (No mailings)"

    said_by(kari, Door.IMPORT, Answer(person_id=kari.pk, given_at=None, **yes))
    assert verdict.explain(kari).sentence == "Yes - Consent, on an unknown day (Web form)"

    said_by(kari, Door.IMPORT, Answer(person_id=kari.pk, given_at=noon, **yes))
    assert verdict.explain(kari).sentence == "Yes - Consent, 3 Oct 2026 (Web form)"

    said_by(kari, Door.FORM, ledger.subscription(is_active=True, person_id=kari.pk, given_at=noon, **news))
    said_by(kari, Door.PAGE, Answer(person_id=kari.pk, given_at=noon, **no))
    assert verdict.explain(kari).sentence == "No - Withdrawn, 3 Oct 2026 (E-mail)"
    assert verdict.explain(ola).sentence == "No - Somebody with the same address said no, 3 Oct 2026 (E-mail)"

    said_by(kari, Door.FORM, Answer(person_id=kari.pk, given_at=noon + timedelta(days=1), **yes))
    AcceptedBasis.objects.filter(purpose="EMARKETING", basis="61A").delete()
    assert verdict.explain(kari, Question(type=NEWS)).sentence == "Yes - Active subscription, 3 Oct 2026 (the person)"
    assert verdict.explain(kari).sentence == "Yes - Active subscription, 3 Oct 2026 (the person)"
    assert verdict.explain(kari, Question(type=OFFERS)).sentence == (
        "No - Legal basis no longer accepted: Consent, 4 Oct 2026 (the person)"
    )
    assert verdict.explain(kari, Question(type=OFFERS, override=True)).sentence == (
        "Yes - Let in by override: Consent, 4 Oct 2026 (the person)"
    )

    said_by(kari, Door.LINK, ledger.subscription(is_active=False, person_id=kari.pk, given_at=noon, **news))
    assert verdict.explain(kari, Question(type=NEWS)).sentence == "No - Unsubscribed, 3 Oct 2026 (the person)"


# ---- a past moment


BLINK = timedelta(milliseconds=1)


def hindered() -> Iterator[Somebody]:
    """For each pair of answers a person whom rows 1-5 or 8 hold back today."""
    hindrances = [
        Somebody(retired="former employee"),
        Somebody(has_address=False),
        Somebody(suppressed="by an admin"),
        Somebody(bounced="no such address"),
        Somebody(no_mailings="person"),
        Somebody(others=(with_answers(Somebody(), **HOUSEMATES[7]),)),
    ]
    return itertools.islice(itertools.cycle(hindrances), len(EMARKETING) * len(CHOICES))


def answers_of(number: int) -> dict[str, Said]:
    """The how-manieth pair of answers; some run out a blink after they were recorded, which is on the last day."""
    answer, chosen = EMARKETING[number % len(EMARKETING)], CHOICES[number // len(EMARKETING) % len(CHOICES)]
    if answer and answer.until and number % 3:
        answer = answer._replace(until=TODAY_IS)
    answers = {"EMARKETING": answer, "STORE": EMARKETING[number * 7 % len(EMARKETING)], **chosen}
    return {about: said for about, said in answers.items() if said}


def record_all(crowd: Crowd, persons: list[Placed], shift: int) -> tuple[list[Placed], datetime]:
    """In one act everybody answers everything, also that nothing stands any more; the contrary is kept late."""
    given = []
    with transaction.atomic():
        act = new_act()
        for number, (_somebody, person_id, _event_ids) in enumerate(persons):
            said, event_ids = answers_of(number + shift), {None: None}
            for about in ("EMARKETING", "STORE", NEWS, OFFERS, OLD):
                event_ids[0, about] = crowd.add_event(person_id, about, said.get(about), act)
                crowd.add_event(person_id, about, ENDED if about in said else ACTIVE, act, is_late=True)
            given.append(Placed(Somebody(said=tuple(said.items())), person_id, event_ids))
        crowd.write()
    return given, act.recorded_at


def put_in_force(settings: Settings):
    PrivacySettings.objects.update(filter_recipients=settings.filters)
    AcceptedBasis.objects.exclude(basis__in=settings.accepted).delete()
    for purpose, basis in itertools.product(Purpose.objects.all(), settings.accepted):
        AcceptedBasis.objects.get_or_create(purpose=purpose, basis_id=basis)
    for type_ in SubscriptionType.objects.all():
        SubscriptionType.objects.filter(pk=type_.pk).update(is_active=type_.pk not in settings.inactive)
    for number, name in enumerate(["asked again", "asked again later"], start=1):
        ask_again_by = at(TODAY_IS - 1) if name in settings.asked_again else None
        Wording.objects.filter(number=number).update(ask_again_by=ask_again_by)


@pytest.mark.database
def test_a_past_moment_is_judged_by_the_answers_and_the_settings_of_that_day(own_database):
    make_lists()
    crowd = Crowd()
    persons = crowd.place(hindered())
    first = Settings(False, frozenset({"61A", "61B"}), frozenset({OFFERS}), frozenset({"asked again"}))
    second = Settings(True, frozenset({"61F"}), frozenset({OLD, NEWS}), frozenset({"asked again later"}))
    put_in_force(first)
    said_first, on_first = record_all(crowd, persons, shift=0)
    put_in_force(second)
    said_second, on_second = record_all(crowd, persons, shift=7)
    put_in_force(Settings(not second.filters, frozenset(), frozenset({OLD, NEWS, OFFERS}), frozenset()))
    nobody = [Placed(Somebody(), each.person_id, {None: None}) for each in persons]

    for question in (
        Question(type=NEWS),
        Question(type=OLD),
        Question(),
        Question(override=True),
        Question(kind=SERVICE, purpose="STORE"),
    ):
        for moment, placed, settings, day in (
            (on_first - BLINK, nobody, first, TODAY_IS - 0.5),
            (on_first, said_first, first, TODAY_IS - 0.5),
            (on_first + 2 * BLINK, said_first, first, TODAY_IS + 0.5),
            (on_second, said_second, second, TODAY_IS - 0.5),
            (on_second + 2 * BLINK, said_second, second, TODAY_IS + 0.5),
        ):
            assert differences(placed, replace(question, moment=moment), settings, day) == []
    then = verdict.counts(Question(moment=on_first), Person.objects.filter(pk=said_first[1].person_id))
    assert then == {stated(said_first[1].somebody, Question(moment=on_first), first)[0]: 1}


def test_an_answer_holds_until_the_day_on_which_it_runs_out_or_people_had_to_be_asked_again(lists):
    until, asked = Crowd().place(
        with_answers(Somebody(), EMARKETING=said)
        for said in (Said("61A", until=TODAY_IS + 1), Said("61A", wording="asked again later"))
    )

    for moment, code in ((datetime.now(UTC), Code.CONSENT), (at(TODAY_IS + 2), Code.EXPIRED)):
        for each in (until, asked):
            person = Person.objects.get(pk=each.person_id)
            assert verdict.explain(person, Question(moment=moment)).code == code
