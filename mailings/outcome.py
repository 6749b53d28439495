"""Who would receive a mailing and who would not, in words and in a bar: the codes of the verdict for people."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mailings import audience
from mailings.models import Mailing
from persons import charts
from persons.charts import Part
from persons.verdict import LET_IN, Code, Kind

STOPPED, RAN_OUT, NEVER, UNREACHABLE = "stop", "expired", "never", "info"

# The sign of a code; those let in have that of ON.
SIGNS = {
    Code.RETIRED: UNREACHABLE,
    Code.NO_ADDRESS: UNREACHABLE,
    Code.SUPPRESSED: STOPPED,
    Code.BOUNCED: UNREACHABLE,
    Code.NO_MAILINGS: STOPPED,
    Code.WITHDRAWN: STOPPED,
    Code.UNSUBSCRIBED: STOPPED,
    Code.SHARED_ADDRESS: STOPPED,
    Code.EXPIRED: RAN_OUT,
    Code.NOT_ACCEPTED: RAN_OUT,
    Code.NO_CONSENT: NEVER,
    Code.DUPLICATE: UNREACHABLE,
    Code.ADDRESS_CHANGED: UNREACHABLE,
}

SENTENCES: dict[Code, Promise] = {
    Code.RETIRED: _("They left their company, or were merged with somebody or erased."),
    Code.NO_ADDRESS: _("No e-mail address is recorded, or not a valid one."),
    Code.SUPPRESSED: _("The address is blocked: nothing may go there."),
    Code.BOUNCED: _("Messages to the address came back."),
    Code.NO_MAILINGS: _("No mailings is set for the person or for the company."),
    Code.WITHDRAWN: _("They said no."),
    Code.UNSUBSCRIBED: _("They unsubscribed from this type of mailing."),
    Code.SHARED_ADDRESS: _("Somebody else with the same address said no."),
    Code.CONSENT: _("They agreed, or are customers with whom we may stay in touch."),
    Code.SUBSCRIPTION: _("They subscribe to this type of mailing."),
    Code.OVERRIDE: _("They have not agreed, and are let in for this mailing alone."),
    Code.NOT_FILTERED: _("They have neither agreed nor said no, and the filter is OFF."),
    Code.EXPIRED: _("They agreed once, and that has run out."),
    Code.NOT_ACCEPTED: _("They have a legal basis that is no longer accepted."),
    Code.NO_CONSENT: _("They have not agreed, and do not subscribe."),
    Code.DUPLICATE: _("Another recipient has the same address; one message goes there."),
    Code.ADDRESS_CHANGED: _("The address changed after the list was made."),
}
FOR_ANY_TYPE = {
    Code.UNSUBSCRIBED: _("They ended a subscription and have no other."),
    Code.SUBSCRIPTION: _("They have an active subscription."),
}
FOR_SERVICE = {
    Code.CONSENT: _("The purpose is ON for them."),
    Code.WITHDRAWN: _("They said no to this purpose."),
    Code.NO_CONSENT: _("There is no legal basis for this purpose."),
}


@dataclass(frozen=True)
class Reason:
    """One code with how many persons have it."""

    code: Code
    number: int
    sentence: str

    @property
    def is_let_in(self) -> bool:
        return self.code in LET_IN

    @property
    def label(self) -> str:
        return str(self.code.label)

    @property
    def sign(self) -> str:
        return sign_of(self.code)


@dataclass(frozen=True)
class Outcome:
    """What a list of recipients comes to."""

    reasons: list[Reason]

    @property
    def let_in(self) -> int:
        return sum(reason.number for reason in self.reasons if reason.is_let_in)

    @property
    def held_back(self) -> int:
        return self.total - self.let_in

    @property
    def total(self) -> int:
        return sum(reason.number for reason in self.reasons)

    @property
    def parts(self) -> list[Part]:
        """The bar: those let in, then the others by reason."""
        return charts.bar([Part(reason.sign, reason.label, reason.number) for reason in self.reasons])


def of(mailing: Mailing, *, filter_on: bool | None = None) -> Outcome:
    """Of a draft, as its list would be built now; else of the list that there is. Raises steering.Refused."""
    if is_live(mailing):
        return read(mailing, audience.codes_now(mailing, filter_on=filter_on))
    return read(mailing, audience.numbers(mailing)["codes"])


def is_live(mailing: Mailing) -> bool:
    """Whether the list is still to be built; else it stands."""
    return mailing.is_before_start and (mailing.update_at_start or mailing.built_at is None)


def read(mailing: Mailing, codes: Mapping[str, int]) -> Outcome:
    """Numbers by code as reasons: those who let in first, each group with the largest first."""
    found = [Reason(Code(code), number, sentence(Code(code), mailing)) for code, number in codes.items() if number]
    return Outcome(sorted(found, key=lambda reason: (not reason.is_let_in, -reason.number)))


def sign_of(code: Code) -> str:
    return "on" if code in LET_IN else SIGNS[code]


def sentence(code: Code, mailing: Mailing) -> str:
    special = FOR_SERVICE if mailing.kind == Kind.SERVICE else {} if mailing.type_id else FOR_ANY_TYPE
    return str(special.get(code, SENTENCES.get(code, code.label)))
