"""What the person's own page shows of them, and what can be stopped on it (rules 5.2, 5.3)."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import transaction
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from persons import leaving, shown, standing
from persons.confirming import Item, pending_of
from persons.leaving import Scope
from persons.ledger import Recorder
from persons.models import LinkToken, Person, PreferenceRequest
from persons.singles import Asked, ask_to_confirm
from purposes.models import (
    ARTICLE_CONSENT,
    ARTICLE_LEGITIMATE_INTEREST,
    CONSENT,
    EMARKETING,
    STORE,
    Purpose,
    SubscriptionType,
    Wording,
)

EVERYTHING = "everything"
CAN_BE_STOPPED = (ARTICLE_CONSENT, ARTICLE_LEGITIMATE_INTEREST)


@dataclass(frozen=True)
class Switch:
    """One thing that comes, or does not; turning it off is the scope."""

    matter: Purpose | SubscriptionType
    scope: Scope
    is_on: bool
    text: str
    wording: Wording | None = None
    can_start: bool = False


@dataclass(frozen=True)
class Ground:
    """One purpose that we may use the data for, and why, said to the person."""

    row: standing.PurposeRow

    WORDS: ClassVar[dict[str, Any]] = {
        ARTICLE_CONSENT: gettext_lazy("You said yes. You can take that back at any time, as easily as you gave it."),
        "6(1)(b)": gettext_lazy("We need it for a contract with you."),
        "6(1)(c)": gettext_lazy("The law requires it."),
        "6(1)(d)": gettext_lazy("It protects somebody's life or health."),
        "6(1)(e)": gettext_lazy("It is in the public interest. You can object."),
        ARTICLE_LEGITIMATE_INTEREST: gettext_lazy(
            "We have good reason to, weighed against yours. You can object; to marketing without giving a reason."
        ),
    }

    @property
    def words(self) -> str:
        return str(self.WORDS.get(self.row.consent.basis.article, "")) if self.row.consent else ""


@dataclass(frozen=True)
class Store:
    """Sales and service: the person can ask that it be stopped, staff decide."""

    row: standing.PurposeRow
    is_asked: bool


@dataclass(frozen=True)
class Preferences:
    """Everything on the page of one person."""

    purposes: list[Switch]
    types: list[Switch]
    held: list[str]
    grounds: list[Ground]
    store: Store

    @property
    def switches(self) -> list[Switch]:
        return self.purposes + self.types

    @property
    def seen(self) -> str:
        """The digest of the texts, to come back with a button that turns something on."""
        return shown.digest(row.wording for row in self.purposes)

    @property
    def statements(self) -> list[Wording]:
        """The privacy statements, each once."""
        found = {row.wording.statement_url: row.wording for row in self.purposes if row.wording}
        return [wording for url, wording in found.items() if url]


def of(person: Person) -> Preferences:
    """What the person is shown, in the language that is active."""
    rows = standing.purposes_of(person)
    shown = [row for row in rows if _is_offered(row)]
    subscriptions = standing.subscriptions_of(person, rows)
    return Preferences(
        purposes=[_purpose(row) for row in shown],
        types=[_type(row) for row in subscriptions if row.type.is_public or row.subscription],
        held=_held(person),
        grounds=[Ground(row) for row in rows if row.is_on],
        store=_store(person, rows),
    )


def is_about(link: LinkToken) -> bool:
    """Whether the link went to the address that the person has today; another can only stop (rules 4.13)."""
    return bytes(link.address_hash or b"") == bytes(link.person.address_hash or b"")


def stop(link: LinkToken, value: str, *, by: Recorder) -> Scope | None:
    """Stop what a button names, when it is there to be stopped; what it was. Safe to repeat."""
    if value == EVERYTHING:
        with transaction.atomic():
            for scope in everything(link):
                leaving.leave(link, scope, by=by)
        return Scope(_("Everything"), purpose_id=EMARKETING)
    offered = {row.scope.value: row.scope for row in of(link.person).switches} if is_about(link) else {}
    if asked := offered.get(value):
        leaving.leave(link, asked, by=by)
    return asked


def start(link: LinkToken, value: str) -> tuple[Scope, Asked] | None:
    """Ask the address to confirm what a button names, when it is there to be turned on; what became of that."""
    switches = of(link.person).switches if is_about(link) and link.person.address else []
    named = [row for row in switches if row.scope.value == value and row.can_start and not row.is_on]
    if not named:
        return None
    item = Item(named[0].matter, named[0].wording or Wording.objects.latest_of(EMARKETING, get_language()))
    pending = pending_of(link.person, [item], get_language() or "")
    return named[0].scope, ask_to_confirm(pending, is_public=True)[1]


def ask_to_stop(link: LinkToken) -> bool:
    """Put on the work list that the person wants sales and service stopped; whether there was that to ask for."""
    if not is_about(link) or not (store := of(link.person).store).row.is_on:
        return False
    request = PreferenceRequest(person=link.person, purpose=store.row.purpose)
    PreferenceRequest.objects.bulk_create([request], ignore_conflicts=True)  # one that waits already is enough
    return True


def everything(link: LinkToken) -> list[Scope]:
    """E-marketing, and every purpose that the page shows and that is on."""
    on = [row.scope for row in of(link.person).purposes if row.is_on and row.scope.purpose_id != EMARKETING]
    return [Scope(_("All e-marketing"), purpose_id=EMARKETING), *on]


def _is_offered(row: standing.PurposeRow) -> bool:
    """E-marketing, and what rests on consent or legitimate interest; sales and service is asked for, not switched."""
    if row.purpose.pk in (EMARKETING, STORE):
        return row.purpose.pk == EMARKETING
    return row.consent is not None and (row.sign == "stop" or row.consent.basis.article in CAN_BE_STOPPED)


def _purpose(row: standing.PurposeRow) -> Switch:
    wording = Wording.objects.latest_of(row.purpose, get_language())
    text = wording.approval_text if wording else str(row.purpose.description)
    scope = Scope(str(row.purpose), purpose_id=row.purpose.pk)
    can_start = row.purpose.accepted_bases.filter(pk=CONSENT, is_active=True).exists()
    return Switch(row.purpose, scope, row.is_on, text, wording, can_start)


def _store(person: Person, rows: list[standing.PurposeRow]) -> Store:
    row = next(row for row in rows if row.purpose.pk == STORE)
    return Store(row, person.preference_requests.waiting().filter(purpose=STORE).exists())


def _type(row: standing.SubscriptionRow) -> Switch:
    """On when such mail would come: a subscription that e-marketing holds back is off."""
    comes = row.is_on and row.sign in ("on", "info")
    scope = Scope(str(row.type), type_id=row.type.pk)
    return Switch(row.type, scope, comes, str(row.type.description), can_start=True)


def _held(person: Person) -> list[str]:
    """What we hold, in plain words and without the values: the link may lie in somebody else's mailbox."""
    kinds = {
        _("your name"): person.full_name,
        _("your e-mail address"): person.email,
        _("the company you work for"): person.company_id,
        _("your job title"): person.title,
        _("your phone number"): person.phone or person.mobile,
        _("your postal address"): person.street or person.city,
        _("your language"): person.language,
    }
    return [name for name, value in kinds.items() if value] + [_("your answers about mailings, and when you gave them")]
