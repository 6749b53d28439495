"""Telling the story of the demo: all of it is written by the processes that write it for everybody."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from random import Random

from django.db import connection, transaction

from consent_crm.models import User
from mailings.models import Mailing, SendingSettings
from persons import ledger, sealing, selecting
from persons.ledger import Recorder
from persons.models import Act, Company, Deliverability, Door, Person, Suppression
from persons.models.address import SOFT_BOUNCES_IN_A_ROW
from purposes.models import CONSENT, EMARKETING, AcceptedBasis, PublicPages, Purpose, Wording

from . import sendings
from .answers import CONTRACT, LAWYER_CAME, SMS, THIRD_PARTIES, Story, Told
from .people import PERSONS_IN_A_COMPANY, Invented, invented, workplaces
from .sendings import NORWAY, PLANS, VISITORS, Plan
from .wordings import EMARKETING_FIRST, EMARKETING_SECOND, SMS_WORDING, STATEMENT, THIRD_PARTIES_WORDING

SEED = 2026
COMPANY_NAME = "Example Company"
POSTAL_ADDRESS = f"{COMPANY_NAME} AS\nStorgata 1\n0155 Oslo, Norway"
SHOWN_FIRST, SHOWN_SINCE = timedelta(days=800), timedelta(days=400)
MEMBERS: dict[str, Callable[[Invented], bool]] = {
    VISITORS: lambda one: one.way == "fair",
    NORWAY: lambda one: one.country.name == "Norway",
}
Wordings = dict[tuple[str, str], list[tuple[datetime, Wording]]]


class NotEmpty(Exception):
    """There are persons already, and the demo would mix with them."""


@transaction.atomic
def load(number: int = 2_000) -> dict[str, int]:
    """Write the demo into the empty database, all or nothing; how many there are of what. Raises NotEmpty."""
    if Person.objects.exists() or Act.objects.exists() or Mailing.objects.exists():
        raise NotEmpty
    Telling(number).tell()
    sealing.seal()
    return {"persons": number, "companies": Company.objects.count(), "mailings": Mailing.objects.count()}


@dataclass
class Telling:
    """The story, from the first person to the last mailing.

    `steps` are what happens at a moment; before each of them the persons and answers up to that moment are written.
    """

    number: int
    chance: Random = field(default_factory=lambda: Random(SEED))  # noqa: S311 - the same on every run
    today: datetime = field(default_factory=sendings.today)
    known: int = 0
    heard: int = 0
    counted: int = 0
    mailings: dict[str, Mailing] = field(default_factory=dict)

    def tell(self) -> None:
        self.users = {user.email.partition("@")[0]: user for user in User.objects.all()}
        self.wordings = prepared_wordings(self.today)
        SendingSettings.objects.filter(postal_address="").update(postal_address=POSTAL_ADDRESS)
        PublicPages.objects.filter(company_name="").update(company_name=COMPANY_NAME)
        self.acceptance = AcceptedBasis.objects.create(purpose_id=EMARKETING, basis_id=CONTRACT)
        self.people = self.invent()
        self.dead = [one.person for one in self.people if one.has_dead_address]
        self.told = sorted(self.stories(), key=lambda told: told.at)
        for moment, step in sorted(self.steps(), key=lambda step: step[0]):
            self.hear_until(moment)
            step()
        self.hear_until(self.today)
        sendings.note_who_left()
        block_addresses(self.people, self.users.get("admin"), self.today)

    def invent(self) -> list[Invented]:
        places = workplaces(round(self.number / PERSONS_IN_A_COMPANY), self.chance)
        Company.objects.bulk_create([place.company for place in places])
        return invented(self.number, places, self.today, self.chance)

    def stories(self) -> Iterator[Told]:
        mailed = [sendings.sent_at(plan, self.today) for plan in PLANS if plan.days_ago]
        for one in self.people:
            yield from Story(one, self.today, mailed, self.wordings, self.chance).told()

    def steps(self) -> Iterator[tuple[datetime, Callable[[], object]]]:
        yield self.today - LAWYER_CAME, self.acceptance.delete
        for plan in PLANS:
            yield sendings.drafted_at(plan, self.today), partial(self.draft, plan)
            if plan.days_ago:
                yield sendings.sent_at(plan, self.today), partial(self.hand_over, plan)

    def draft(self, plan: Plan) -> None:
        if plan.selection:
            chosen = [one.person.pk for one in self.people[: self.known] if MEMBERS[plan.selection](one)]
            persons = Person.objects.filter(pk__in=chosen)
            selecting.make_static(plan.selection, persons, by=self.users.get("marketer"))
        self.mailings[plan.name] = sendings.draft(plan, self.today, self.users.get("marketer"))

    def hand_over(self, plan: Plan) -> None:
        dead = {person.pk for person in self.dead}
        sendings.hand_over(plan, self.mailings[plan.name], self.today, self.users.get("marketer"), dead, self.chance)

    # ---- persons and answers, up to a moment

    def hear_until(self, moment: datetime) -> None:
        come = [one.person for one in self.people[self.known :] if one.since < moment]
        Person.objects.bulk_create(come)
        self.known += len(come)
        heard = [told for told in self.told[self.heard :] if told.at < moment]
        self.heard += len(heard)
        in_order = sorted(heard, key=lambda told: (told.is_stop, DOORS.index(told.door)))
        for door, group in groupby(in_order, key=lambda told: told.door):
            self.record(door, list(group))
        if self.known > 2 * self.counted:
            get_acquainted()
            self.counted = self.known

    def record(self, door: Door, heard: Sequence[Told]) -> None:
        by = Recorder(door=door, user=self.users.get(RECORDERS.get(door, "")), own_acts=door == Door.API)
        for start in range(0, len(heard), ledger.PERSONS_IN_AN_ACT):
            part = heard[start : start + ledger.PERSONS_IN_AN_ACT]
            ledger.record_many([told.answer for told in part], by=by)
        if door == Door.COMPLAINT:
            suppress([told.one.person for told in heard], Suppression.Reason.COMPLAINT, heard[-1].at)


DOORS = [Door.IMPORT, Door.PAGE, Door.FORM, Door.API, Door.LINK, Door.ONE_CLICK, Door.COMPLAINT]
RECORDERS = {Door.IMPORT: "admin", Door.PAGE: "sales"}  # the names before the @ of the trial's sign-ins


def prepared_wordings(today: datetime) -> Wordings:
    """The company's own purposes, and what it shows where it asks, since when. Some have to be asked again."""
    for position, (key, name, description, months) in enumerate(OWN_PURPOSES, 10):
        purpose = Purpose(key=key, name=name, description=description, position=position, validity_months=months)
        purpose.save()
        AcceptedBasis.objects.create(purpose_id=key, basis_id=CONSENT)
    again = {"de": today - timedelta(days=60), "sv": today + timedelta(days=45)}
    shown: Wordings = {}
    for key, number, texts, since in [
        (EMARKETING, 1, EMARKETING_FIRST, SHOWN_FIRST),
        (EMARKETING, 2, EMARKETING_SECOND, SHOWN_SINCE),
        (SMS, 1, SMS_WORDING, SHOWN_FIRST),
        (THIRD_PARTIES, 1, THIRD_PARTIES_WORDING, SHOWN_FIRST),
    ]:
        for language, text in texts.items():
            wording = Wording(purpose_id=key, language=language, number=number, approval_text=text)
            wording.statement_title = STATEMENT[language]
            wording.statement_url = "https://www.example.com/privacy/"
            wording.ask_again_by = again.get(language) if (key, number) == (EMARKETING, 1) else None
            wording.save()
            shown.setdefault((key, language), []).append((today - since, wording))
    return shown


# key, name, description, validity in months
OWN_PURPOSES = [
    (SMS, "Text messages", "To send the person text messages about orders and offers.", 24),
    (THIRD_PARTIES, "Sharing with third parties", "To pass the person's name and address on to partners.", None),
]


def get_acquainted() -> None:
    """Let the planner see what has come, else it takes each table for an empty one."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE persons_person, persons_consent, persons_subscription, persons_consentevent")


def block_addresses(people: Sequence[Invented], admin: User | None, today: datetime) -> None:
    """Addresses that staff have blocked, and such that bounce time and again."""
    reachable = [one.person for one in people if one.person.address]
    suppress(reachable[100::600], Suppression.Reason.ADMIN, today - timedelta(days=30), by=admin)
    for persons, bounces in [(reachable[40::300], SOFT_BOUNCES_IN_A_ROW), (reachable[70::200], 2)]:
        Deliverability.objects.bulk_create(
            [
                Deliverability(address_hash=person.address_hash, bounces_in_a_row=bounces, diagnosis=sendings.FULL)
                for person in persons
            ],
            ignore_conflicts=True,
        )


def suppress(persons: Sequence[Person], reason: Suppression.Reason, at: datetime, by: User | None = None) -> None:
    rows = [
        Suppression(address_hash=person.address_hash, reason=reason, suppressed_at=at, suppressed_by=by)
        for person in persons
        if person.address
    ]
    Suppression.objects.bulk_create(rows, ignore_conflicts=True)
