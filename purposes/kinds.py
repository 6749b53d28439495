"""The lists that administrators keep under Privacy: one shape for all four."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .forms import PurposeForm
from .list_forms import LegalBasisForm, ListedForm, SourceForm, SubscriptionTypeForm
from .models import LegalBasis, Listed, Purpose, Source, SubscriptionType


@dataclass(frozen=True)
class Kind:
    """One list: its model and form, the names of its routes, and what its pages say.

    `many` stands in addresses, `one` in the names of routes: privacy:add_basis, privacy:basis, privacy:delete_basis.
    """

    model: type[Listed]
    form: type[ListedForm]
    many: str
    one: str
    title: str | Promise
    lead: str | Promise
    add_label: str | Promise
    when_inactive: str | Promise
    list_route: str = ""
    form_template: str = "purposes/entry.html"
    with_rows: tuple[str, ...] = ()
    effect_route: str = "persons:in_use"  # a fragment of the room of persons

    def route(self, deed: str = "") -> str:
        return f"privacy:{deed}_{self.one}" if deed else f"privacy:{self.one}"

    @property
    def listed(self) -> str:
        """The route of the list."""
        return self.list_route or f"privacy:{self.many}"

    @property
    def add_url(self) -> str:
        return reverse(self.route("add"))

    @property
    def order_url(self) -> str:
        return reverse(f"privacy:order_{self.many}")

    @property
    def template(self) -> str:
        return f"purposes/{self.many}.html"

    @property
    def rows(self) -> Any:
        return self.model._default_manager.select_related("updated_by")

    def urls(self, entry: Listed) -> dict[str, str]:
        """Where an entry, and what can be done with it, is found; of a new one only the list."""
        listed = {"listed": reverse(self.listed)}
        if not entry.pk:
            return listed
        deeds = ("deactivate", "restore", "delete")
        return listed | {deed or "entry": reverse(self.route(deed), args=[entry.pk]) for deed in ("", *deeds)}

    def effect_url(self, entry: Listed) -> str:
        """A fragment that says on how many persons an entry bears."""
        named = [] if self.effect_route == "persons:purpose_effect" else [self.many]
        return reverse(self.effect_route, args=[*named, entry.pk])


PURPOSES = Kind(
    model=Purpose,
    form=PurposeForm,
    many="purposes",
    one="purpose",
    title=_("Consent"),
    lead=_("A reason for which the company keeps or uses a person's data."),
    add_label=_("Add purpose"),
    when_inactive=_(
        "Nobody can be asked about it any more, and it leaves the persons' pages. What was answered stays, stays "
        "valid, and can still be withdrawn. You can restore it at any time."
    ),
    list_route="privacy:consent",
    form_template="purposes/purpose.html",
    with_rows=("accepted_bases",),
    effect_route="persons:purpose_effect",
)
BASES = Kind(
    model=LegalBasis,
    form=LegalBasisForm,
    many="bases",
    one="basis",
    title=_("Legal bases"),
    lead=_("The grounds on which data may be used, and the ways in which a person says no."),
    add_label=_("Add legal basis"),
    when_inactive=_(
        "It can no longer be chosen for a new answer. Answers that rest on it stay as they are, and stay valid. You "
        "can restore it at any time."
    ),
)
SOURCES = Kind(
    model=Source,
    form=SourceForm,
    many="sources",
    one="source",
    title=_("Sources"),
    lead=_("The ways in which answers reach the company."),
    with_rows=("confirmation_template",),
    add_label=_("Add source"),
    when_inactive=_(
        "It can no longer be chosen for a new answer. Answers that came by it stay as they are. You can restore it at "
        "any time."
    ),
)
TYPES = Kind(
    model=SubscriptionType,
    form=SubscriptionTypeForm,
    many="types",
    one="type",
    title=_("Subscription types"),
    lead=_("The kinds of mailings that a person can subscribe to."),
    add_label=_("Add subscription type"),
    when_inactive=_(
        "Nobody can subscribe to it any more, it leaves the persons' pages, and no mailing of this type can start. "
        "Subscriptions stay on record, and can still be ended. You can restore it at any time."
    ),
)
KINDS = [PURPOSES, BASES, SOURCES, TYPES]
