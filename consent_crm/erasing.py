"""Erasing a person: whatever names them goes, wherever it lies; that there was somebody, and what was answered, stays.

The only process that reaches every room (rules 5.4). What becomes of each table stands in `consent_crm.holdings`.
"""

import zipfile
from collections.abc import Iterable, Iterator
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

from consent_crm import caught
from mailings.models import Mailing, Recipient, Report
from persons import carrying, journal, leaving, ledger
from persons.importing import uploading
from persons.ledger import Recorder
from persons.models import (
    ActNote,
    ConsentEvent,
    Deliverability,
    Door,
    Evidence,
    ExternalId,
    FormerAddress,
    ImportRow,
    LinkToken,
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
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")  # in which a file may hold an address


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
        asked = PendingConfirmation.objects.filter(pk__in=_pending(person, persons)).order_by("pk")
        list(asked.select_for_update())  # ahead of the persons, as whoever confirms does
        ledger.lock(one.pk for one in persons)
        person = Person.objects.get(pk=person.pk)
        if person.erased_at:
            return False
        if person.merged_into or set(person.with_merged()) != set(persons):
            raise Busy
        _demand_rest(person, persons)
        act = carrying.carry(gone=persons, by=replace(by, door=Door.ERASURE))
        journal.keep_erasure(person, act)
        if person.address_hash:
            leaving.block(bytes(person.address_hash), Suppression.Reason.ERASED)
        _forget_words(person, persons)
        _remove_files(person, persons)
        Recipient.objects.filter(person__in=persons).update(link=None)
        for held in goes(person, persons):
            held.rows.delete()
        _empty(persons)
    return True


def goes(person: Person, persons: list[Person]) -> list[Held]:
    """The rows that are deleted, in an order in which they can be."""
    asked = Q(pk__in=_pending(person, persons))
    return [
        Held(_("Comments and files that prove an answer"), Evidence.objects.filter(event__person__in=persons)),
        Held(_("Reasons that were given for corrections"), _notes(persons)),
        Held(_("Ids in other systems"), ExternalId.objects.filter(person__in=persons)),
        Held(_("Former addresses"), FormerAddress.objects.filter(person__in=persons)),
        Held(
            _("Messages to this person alone"),
            SingleMessage.objects.filter(Q(person__in=persons) | Q(confirmation__in=_pending(person, persons))),
        ),
        Held(_("Confirmations that were asked for"), PendingConfirmation.objects.filter(asked)),
        Held(_("Requests from the person's own page"), PreferenceRequest.objects.filter(person__in=persons)),
        Held(_("Places in selections"), Selection.members.through.objects.filter(person__in=persons)),
        Held(_("Mailings that name the person"), Mailing.persons.through.objects.filter(person__in=persons)),
        Held(_("Links in messages"), LinkToken.objects.filter(person__in=persons)),
    ]


def others_at(address: str | None) -> QuerySet[Person]:
    """Who is kept and has this address."""
    return Person.objects.kept().filter(address=address, address__isnull=False)


def _hashes(person: Person, persons: list[Person]) -> list[bytes]:
    """Of the present address and of those before."""
    former = FormerAddress.objects.filter(person__in=persons).values_list("address_hash", flat=True)
    return [bytes(one) for one in [person.address_hash, *former] if one]


def _pending(person: Person, persons: list[Person]) -> list[int]:
    nobodys = Q(person=None, address_hash__in=_hashes(person, persons))
    return list(PendingConfirmation.objects.filter(Q(person__in=persons) | nobodys).values_list("pk", flat=True))


def _notes(persons: list[Person]) -> QuerySet[ActNote]:
    """Of acts that were about nobody else."""
    about = ConsentEvent.objects.filter(person__in=persons).values("act")
    others = ConsentEvent.objects.filter(act__in=about).exclude(person__in=persons).values("act")
    return ActNote.objects.filter(act__in=about).exclude(act__in=others)


# ---- what has to be over first


def _demand_rest(person: Person, persons: list[Person]) -> None:
    """Whoever hands a message over, or imports, would write down afterwards what was just erased."""
    rows = Recipient.objects.filter(person__in=persons).select_for_update().values_list("state", flat=True)
    if Recipient.State.CLAIMED in set(rows):
        raise Busy
    singles = SingleMessage.objects.filter(Q(person__in=persons) | Q(confirmation__in=_pending(person, persons)))
    if SingleMessage.State.CLAIMED in set(singles.select_for_update().values_list("state", flat=True)):
        raise Busy
    staged = Q(person_id__in=[one.pk for one in persons]) | Q(address_hash=person.address_hash, address__isnull=False)
    if ImportRow.objects.filter(staged).exists() or any(upload.is_under_way for upload in _uploads(person)):
        raise Busy


# ---- what stays, without the words


def _forget_words(person: Person, persons: list[Person]) -> None:
    """Messages of mailings and what servers said of them: the keyed hash of the address, and what became of each."""
    recipients = Recipient.objects.filter(person__in=persons)
    Report.objects.filter(recipient__in=recipients).update(words="")
    if person.address:
        Report.objects.filter(recipient=None, words__icontains=person.address).update(words="")
    Deliverability.objects.filter(address_hash__in=_hashes(person, persons)).update(diagnosis="")
    recipients.waiting().update(state=Recipient.State.HELD_BACK, code=Code.RETIRED, retry_at=None)
    recipients.filter(claim__isnull=False).update(claim=0)  # a slow worker notes nothing down any more
    recipients.update(address=None, answer="")


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


def _remove_files(person: Person, persons: list[Person]) -> None:
    evidence = Evidence.objects.filter(event__person__in=persons).exclude(file="")
    transaction.on_commit(partial(_remove_unused, list(evidence.values_list("file", flat=True))))
    for upload in _uploads(person):
        transaction.on_commit(partial(_let_go, upload))
    if settings.TRIAL and person.address:
        transaction.on_commit(partial(caught.forget_address, person.address))


def _remove_unused(names: Iterable[str]) -> None:
    names = set(names)
    for name in names.difference(Evidence.objects.filter(file__in=names).values_list("file", flat=True)):
        default_storage.delete(name)


def _let_go(upload: Upload) -> None:
    uploading.cancel(upload)
    uploading.clear_away(upload)


def _uploads(person: Person) -> list[Upload]:
    """The files brought for import that hold the address."""
    if not person.address:
        return []
    wanted = [text.lower().encode(encoding) for text in {person.address, person.email} for encoding in ENCODINGS]
    return [upload for upload in Upload.objects.exclude(file="") if _holds(upload, wanted)]


def _holds(upload: Upload, wanted: list[bytes]) -> bool:
    if not default_storage.exists(str(upload.file.name)):
        return False
    return any(text in part for part in _parts(upload) for text in wanted)


def _parts(upload: Upload) -> Iterator[bytes]:
    """What is in a file; of a workbook what is in each of its parts."""
    with upload.file.open("rb") as file:
        if not zipfile.is_zipfile(file):
            file.seek(0)
            yield file.read().lower()
            return
        with zipfile.ZipFile(file) as workbook:
            for name in workbook.namelist():
                yield workbook.read(name).lower()
