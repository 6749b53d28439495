"""Erasing a person: whatever names them goes, wherever it lies; that there was somebody, and what was answered, stays.

The only process that reaches every room (rules 5.4). What becomes of each table stands in `consent_crm.holdings`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from consent_crm import caught, traces
from consent_crm.traces import Traces
from mailings.models import Mailing, Recipient, Report
from persons import carrying, journal, leaving, ledger
from persons.importing import uploading
from persons.importing.problems import NotATable
from persons.importing.tables import open_table
from persons.ledger import Recorder
from persons.models import (
    ActNote,
    BulkUpdate,
    ConsentEvent,
    Deliverability,
    Door,
    Evidence,
    ExternalId,
    FormerAddress,
    Import,
    ImportRow,
    LinkToken,
    Operation,
    OperationPerson,
    PendingConfirmation,
    Person,
    PreferenceRequest,
    Selection,
    SingleMessage,
    Suppression,
    Upload,
)
from persons.verdict import Code

EMPTIED = (
    "first_name", "last_name", "title", "email", "phone", "mobile", "street", "postcode", "city", "country", "language",
)  # fmt: skip


class Busy(Exception):
    """Something is under way: a message to the person, an import, a merge. A moment later it is over."""


@dataclass(frozen=True)
class Held:
    """Rows about a person that go as a whole, in words."""

    label: str
    rows: QuerySet[Any]

    @property
    def number(self) -> int:
        return self.rows.count()


def erase(person: Person, *, by: Recorder) -> bool:
    """Erase a person, with everybody who was merged into them; False where they were erased before. One transaction.

    Raises Busy, and then nothing is erased.
    """
    with transaction.atomic():
        persons = person.with_merged()
        asked = PendingConfirmation.objects.filter(pk__in=_pending(persons)).order_by("pk")
        list(asked.select_for_update())  # ahead of the persons, as whoever confirms does
        ledger.lock(one.pk for one in persons)
        person = Person.objects.get(pk=person.pk)
        if person.erased_at:
            return False
        if person.merged_into or set(person.with_merged()) != set(persons):
            raise Busy
        named = traces.of(persons)
        uploads = [upload for upload in Upload.objects.exclude(file="") if _names(upload, named)]
        _demand_rest(person, persons, uploads)
        act = carrying.carry(gone=persons, by=replace(by, door=Door.ERASURE))
        journal.keep_erasure(persons, act)
        if person.address_hash:
            leaving.block(bytes(person.address_hash), Suppression.Reason.ERASED)
        _forget_words(persons, named)
        _forget_operations(persons, named)
        _remove_files(persons, uploads)
        if settings.TRIAL:
            transaction.on_commit(partial(caught.forget_where, named.are_in))
        Recipient.objects.filter(person__in=persons).update(link=None)
        for held in goes(persons):
            held.rows.delete()
        _empty(persons)
    return True


def goes(persons: list[Person]) -> list[Held]:
    """The rows that are deleted, in an order in which they can be."""
    asked = Q(pk__in=_pending(persons))
    return [
        Held(_("Comments and files that prove an answer"), Evidence.objects.filter(event__person__in=persons)),
        Held(_("Reasons that were given for corrections"), _notes(persons)),
        Held(_("Ids in other systems"), ExternalId.objects.filter(person__in=persons)),
        Held(_("Former addresses"), FormerAddress.objects.filter(person__in=persons)),
        Held(_("Messages to this person alone"), _messages(persons)),
        Held(_("Confirmations that were asked for"), PendingConfirmation.objects.filter(asked)),
        Held(_("Requests from the person's own page"), PreferenceRequest.objects.filter(person__in=persons)),
        Held(_("Places in selections"), Selection.members.through.objects.filter(person__in=persons)),
        Held(_("Mailings that name the person"), Mailing.persons.through.objects.filter(person__in=persons)),
        Held(_("Links in messages"), LinkToken.objects.filter(person__in=persons)),
    ]


def others_at(address: str | None) -> QuerySet[Person]:
    """Who is kept and has this address."""
    return Person.objects.kept().filter(address=address, address__isnull=False)


def _pending(persons: list[Person]) -> list[int]:
    nobodys = Q(person=None, address_hash__in=set(traces.hashes(persons)))
    return list(PendingConfirmation.objects.filter(Q(person__in=persons) | nobodys).values_list("pk", flat=True))


def _messages(persons: list[Person]) -> QuerySet[SingleMessage]:
    return SingleMessage.objects.filter(Q(person__in=persons) | Q(confirmation__in=_pending(persons)))


def _notes(persons: list[Person]) -> QuerySet[ActNote]:
    """Of acts that were about nobody else."""
    about = ConsentEvent.objects.filter(person__in=persons).values("act")
    others = ConsentEvent.objects.filter(act__in=about).exclude(person__in=persons).values("act")
    return ActNote.objects.filter(act__in=about).exclude(act__in=others)


# ---- what has to be over first


def _demand_rest(person: Person, persons: list[Person], uploads: list[Upload]) -> None:
    """Whoever hands a message over, or imports, would write down afterwards what was just erased."""
    rows = Recipient.objects.filter(person__in=persons).select_for_update().values_list("state", flat=True)
    if Recipient.State.CLAIMED in set(rows):
        raise Busy
    if SingleMessage.State.CLAIMED in set(_messages(persons).select_for_update().values_list("state", flat=True)):
        raise Busy
    staged = Q(person_id__in=[one.pk for one in persons]) | Q(address_hash=person.address_hash, address__isnull=False)
    if ImportRow.objects.filter(staged).exists() or any(upload.is_under_way for upload in uploads):
        raise Busy


# ---- what stays, without the words


def _forget_words(persons: list[Person], named: Traces) -> None:
    """Messages of mailings and what servers said of them: the keyed hash of the address, and what became of each."""
    recipients = Recipient.objects.filter(person__in=persons)
    Report.objects.filter(recipient__in=recipients).update(words="")
    unmatched = Report.objects.filter(recipient=None).exclude(words="")
    unmatched.filter(pk__in=[report.pk for report in unmatched if named.are_in(report.words)]).update(words="")
    Deliverability.objects.filter(address_hash__in=named.hashes).update(diagnosis="")
    Suppression.objects.filter(address_hash__in=named.hashes).update(lifted_because="")
    _forget_troubles(recipients, named)
    recipients.waiting().update(state=Recipient.State.HELD_BACK, code=Code.RETIRED, retry_at=None)
    recipients.filter(claim__isnull=False).update(claim=0)  # a slow worker notes nothing down any more
    recipients.update(address=None, answer="")


def _forget_troubles(recipients: QuerySet[Recipient], named: Traces) -> None:
    """Why a mailing stopped, in the words of a server that names whom it did not want; in its history too."""
    mailings = set(recipients.values_list("mailing", flat=True))
    history: Any = Mailing
    for rows in (
        Mailing.objects.filter(pk__in=mailings),
        history.pgh_event_models["update"].objects.filter(pgh_obj__in=mailings),
    ):
        for field in ("pause_reason", "trouble"):
            said = rows.exclude(**{field: ""}).values_list("pk", field)
            rows.filter(pk__in=[pk for pk, words in said if named.are_in(words)]).update(**{field: ""})


def _forget_operations(persons: list[Person], named: Traces) -> None:
    """What was written about an operation that was about nobody else, and names of files that name somebody."""
    about = Operation.objects.filter(acts__events__person__in=persons).distinct()
    others = OperationPerson.objects.filter(operation__in=about).exclude(person__in=persons)
    alone = list(about.exclude(pk__in=others.values("operation")).values_list("pk", flat=True))
    Operation.objects.filter(pk__in=alone).update(reason="", failure="")
    BulkUpdate.objects.filter(pk__in=alone).update(comment="")
    for imported in Import.objects.all():
        if imported.pk in alone or named.are_in(imported.file_name):
            Import.objects.filter(pk=imported.pk).update(**_nameless(imported))
    for upload in Upload.objects.all():
        if upload.imported_id in alone or named.are_in_row([upload.file_name, *upload.not_read]):
            Upload.objects.filter(pk=upload.pk).update(**_nameless(upload), not_read=[])


def _nameless(file: Import | Upload) -> dict[str, Any]:
    return {"file_name": _("Erased person"), "options": file.options | {"comment": ""}}


def _empty(persons: list[Person]) -> None:
    ids = [person.pk for person in persons]
    blank: dict[str, Any] = dict.fromkeys(EMPTIED, "")
    rows = Person.objects.filter(pk__in=ids)
    rows.update(**blank, company=None, address=None, address_hash=None, erased_at=Now(), updated_at=Now())
    history: Any = Person
    history.pgh_event_models["update"].objects.filter(pgh_obj__in=ids).update(company=None)
    of_persons = ContentType.objects.get_for_model(Person)
    entries = LogEntry.objects.filter(content_type=of_persons, object_id__in=map(str, ids))
    entries.update(object_repr=_("Erased person"), change_message="")


# ---- files, once the rest is committed


def _remove_files(persons: list[Person], uploads: list[Upload]) -> None:
    evidence = Evidence.objects.filter(event__person__in=persons).exclude(file="")
    transaction.on_commit(partial(_remove_unused, list(evidence.values_list("file", flat=True))))
    for upload in uploads:
        transaction.on_commit(partial(_let_go, upload))


def _remove_unused(names: Iterable[str]) -> None:
    names = set(names)
    for name in names.difference(Evidence.objects.filter(file__in=names).values_list("file", flat=True)):
        default_storage.delete(name)


def _let_go(upload: Upload) -> None:
    uploading.cancel(upload)
    uploading.clear_away(upload)
    Upload.objects.filter(pk=upload.pk).update(**_nameless(upload), not_read=[])


def _names(upload: Upload, named: Traces) -> bool:
    """Whether a file brought for import, or its name, holds any of the persons; one that nobody can read goes too."""
    if named.are_in(upload.file_name):
        return True
    try:
        return any(named.are_in_row(line.cells) for line in open_table(upload.file.path).lines())
    except NotATable:
        return True
