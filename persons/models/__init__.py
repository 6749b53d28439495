from persons.models.address import Deliverability, HashSecret, Suppression, keyed_hash
from persons.models.asking import OfferedType, PendingConfirmation, SingleMessage, SubscribeForm, Visits
from persons.models.consent import Consent, Subscription
from persons.models.importing import Import, ImportAnswer, ImportProblem, ImportRow, Upload
from persons.models.ledger import (
    OWN_DOORS,
    Act,
    ActNote,
    ConsentEvent,
    Door,
    Evidence,
    LedgerCheck,
    Seal,
    SealedAct,
    UnsealedAct,
)
from persons.models.link import LinkToken
from persons.models.operation import BulkUpdate, Operation, OperationPerson
from persons.models.person import Company, ExternalId, FormerAddress, Person
from persons.models.selection import ColumnChoice, Selection
from persons.models.wish import PreferenceRequest

__all__ = [
    "OWN_DOORS",
    "Act",
    "ActNote",
    "BulkUpdate",
    "ColumnChoice",
    "Company",
    "Consent",
    "ConsentEvent",
    "Deliverability",
    "Door",
    "Evidence",
    "ExternalId",
    "FormerAddress",
    "HashSecret",
    "Import",
    "ImportAnswer",
    "ImportProblem",
    "ImportRow",
    "LedgerCheck",
    "LinkToken",
    "OfferedType",
    "Operation",
    "OperationPerson",
    "PendingConfirmation",
    "Person",
    "PreferenceRequest",
    "Seal",
    "SealedAct",
    "Selection",
    "SingleMessage",
    "SubscribeForm",
    "Subscription",
    "Suppression",
    "UnsealedAct",
    "Upload",
    "Visits",
    "keyed_hash",
]
