"""The personal data report for machines (GDPR article 20).

A JSON document whose consent records have the parts and field names of ISO/IEC TS 27560:2023. What the W3C Data Privacy
Vocabulary (DPV 2.1 with its extensions for the GDPR and for personal data) has a term for is that term; `@context` maps
the field names to it as the DPV's own guide to 27560 does, so that the whole is JSON-LD. Keys that `@context` does not
name are ours, for people and for other programs of this kind. What is not known is null.
"""

import zipfile
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.utils.text import get_valid_filename

from consent_crm.subject_access import Report
from mailings.proof import Pipe
from persons.models import OWN_DOORS, Act, Consent, ConsentEvent, Door, Subscription
from purposes.models import (
    CONSENT,
    EMARKETING,
    OBJECTED,
    REFUSED,
    STORE,
    WITHDRAWN,
    LegalBasis,
    Purpose,
    SubscriptionType,
    Wording,
)

SCHEMA_VERSION = "ISO/IEC TS 27560:2023"
CONTROLLER = "controller"  # the one party of every record


def term(of: str) -> dict[str, str]:
    """A property whose values are terms themselves."""
    return {"@id": of, "@type": "@id"}


CONTEXT: dict[str, Any] = {
    "dpv": "https://w3id.org/dpv#",
    "pd": "https://w3id.org/dpv/pd#",
    "dct": "http://purl.org/dc/terms/",
    "type": "@type",
    "schema_version": "dct:conformsTo",
    "created_at": "dct:created",
    "consent_records": "dpv:hasRecordOfActivity",
    "record_id": "dct:identifier",
    "pii_principal_id": "dpv:hasDataSubject",
    "pii_processing": "dpv:hasProcess",
    "privacy_notice": "dpv:hasNotice",
    "language": "dct:language",
    "purposes": "dpv:hasProcess",
    "purpose": "dpv:hasPurpose",
    "purpose_type": term("dct:type"),
    "lawful_basis": term("dpv:hasLegalBasis"),
    "pii_information": "dpv:hasPersonalData",
    "pii_type": term("dct:type"),
    "pii_attribute_id": "dct:identifier",
    "pii_controllers": "dpv:hasDataController",
    "storage_locations": "dpv:hasLocation",
    "retention_period": "dpv:hasStorageCondition",
    "jurisdiction": "dpv:hasJurisdiction",
    "recipient_third_parties": "dpv:hasRecipient",
    "withdrawal_method": term("dpv:hasConsentControl"),
    "party_identification": "dpv:hasEntity",
    "party_id": "dpv:hasIdentifier",
    "party_name": "dpv:hasName",
    "party_address": "dpv:hasAddress",
    "party_contact": "dpv:hasContact",
    "party_role": term("dct:type"),
    "events": "dct:hasPart",
    "event_id": "dct:identifier",
    "event_time": "dpv:isIndicatedAtTime",
    "validity_duration": "dpv:hasDuration",
    "until": "dct:valid",
    "entity_id": "dpv:isIndicatedBy",
    "entity": term("dpv:hasEntity"),
    "event_type": term("dpv:hasLegalBasis"),
    "event_state": term("dpv:hasStatus"),
    "event_source": term("dpv:hasDataSource"),
    "state": term("dpv:hasStatus"),
}

GROUNDS = {  # by article of the GDPR, so that bases added by administrators are found too
    "6(1)(a)": "dpv:Consent",
    "6(1)(b)": "dpv:Contract",
    "6(1)(c)": "dpv:LegalObligation",
    "6(1)(d)": "dpv:VitalInterest",
    "6(1)(e)": "dpv:PublicInterest",
    "6(1)(f)": "dpv:LegitimateInterest",
}
STATES = {  # by article, or by the key of a stop
    "6(1)(a)": "dpv:ConsentGiven",
    "6(1)(f)": "dpv:LegitimateInterestNotObjected",
    WITHDRAWN: "dpv:ConsentWithdrawn",
    REFUSED: "dpv:ConsentRefused",
    OBJECTED: "dpv:LegitimateInterestObjected",
}
EXPIRED = "dpv:ConsentExpired"
RENEWED = "dpv:RenewedConsentGiven"
REVOKED = "dpv:ConsentRevoked"  # withdrawn, but not by the person
DOORS = dict.fromkeys(Door, "dpv:DataControllerDataSource") | dict.fromkeys(OWN_DOORS, "dpv:DataSubjectDataSource")
DOORS[Door.API] = "dpv:ThirdPartyDataSource"
ENTITIES = {
    Act.ExpressedBy.PERSON: "dpv:DataSubject",
    Act.ExpressedBy.GUARDIAN: "dpv:GuardianOfDataSubject",
    Act.ExpressedBy.COMPANY: "dpv:DataController",
}

TYPES = {EMARKETING: "dpv:DirectMarketing", STORE: "dpv:CustomerRelationshipManagement"}
DATA = {
    **dict.fromkeys(("first_name", "last_name"), "pd:Name"),
    **dict.fromkeys(("phone", "mobile"), "pd:TelephoneNumber"),
    **dict.fromkeys(("street", "postcode", "city"), "pd:PhysicalAddress"),
    "title": "pd:Professional",
    "email": "pd:EmailAddress",
    "country": "pd:Country",
    "language": "pd:Language",
}
FOR_MAIL = {"first_name", "last_name", "email", "language"}

Matter = Purpose | SubscriptionType
Part = dict[str, Any]


def document(report: Report) -> Part:
    """The whole report; moments are in UTC as ISO 8601 has them, what is not known is null."""
    return {
        "@context": CONTEXT,
        "schema_version": SCHEMA_VERSION,
        "created_at": report.made_at,
        "pii_principal_id": str(report.person.pk),
        "party_identification": parties(report),
        "pii_principal": principal(report),
        "consent_records": records(report),
        "mailings": [
            {
                "mailing": sent.recipient.mailing.name,
                "subject": sent.recipient.mailing.subject,
                "address": sent.recipient.address,
                "state": sent.recipient.state,
                "verdict": sent.recipient.code,
                "verdict_in_words": sent.verdict,
                "at": sent.at,
                "event_id": sent.recipient.event_id,
                "server_answer": sent.recipient.answer,
                "bounced_at": sent.recipient.bounced_at,
                "complained_at": sent.recipient.complained_at,
            }
            for sent in report.mailings
        ],
        "single_messages": [
            {
                "kind": message.kind,
                "asked_at": message.created_at,
                "at": message.claimed_at,
                "state": message.state,
                "verdict": message.code,
                "server_answer": message.answer,
                "bounced_at": message.bounced_at,
            }
            for message in report.messages
        ],
        "selections": [selection.name for selection in report.selections],
        "requests": [
            {"stop_of": one.purpose_id, "made_at": one.made_at, "handled_at": one.handled_at} for one in report.requests
        ],
        "unconfirmed": [
            {"address": one.address, "asked": one.asked, "asked_at": one.asked_at} for one in report.unconfirmed
        ],
    }


def packed(report: Report, document: str) -> Iterator[bytes]:
    """A ZIP of the document and of the files that prove answers, piece by piece."""
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"personal-data-{report.person.pk}.json", document)
        yield pipe.take()
        for event in report.files:
            archive.writestr(place_of(event), event.evidence.file.read())  # 5 MB at most
            event.evidence.file.close()
            yield pipe.take()
    yield pipe.take()


def principal(report: Report) -> Part:
    """What is held of the person, apart from answers."""
    person = report.person
    return {
        **{name: value for name, _label, value in [*report.fields, *report.flags]},
        "company": person.company.name if person.company else None,
        "created_at": person.created_at,
        "updated_at": person.updated_at,
        "external_ids": [{"system": one.system, "value": one.value} for one in report.external_ids],
        "former_addresses": [
            {"keyed_hash": bytes(one.address_hash).hex(), "until": one.until} for one in report.former_addresses
        ],
        "merged_persons": [{"pii_principal_id": str(one.pk), "name": one.full_name} for one in report.merged],
        "address_blocked": [
            {"reason": one.reason, "from": one.suppressed_at, "until": one.lifted_at} for one in report.blocks
        ],
        "address_failed_at": report.bounce.failed_at if report.bounce else None,
    }


def records(report: Report) -> list[Part]:
    """One consent record for each purpose and subscription type that anything was ever recorded on."""
    matters: dict[Matter, list[ConsentEvent]] = defaultdict(list)
    for event in reversed(report.events):
        matters[event.purpose or event.subscription_type].append(event)  # type: ignore[index]
    answers: dict[Any, Consent | Subscription | None] = {row.purpose: row.answer for row in report.purposes}
    answers |= {row.type: row.answer for row in report.subscriptions}
    return [record(report, matter, answers.get(matter), events) for matter, events in matters.items()]


def record(report: Report, matter: Matter, answer: Consent | Subscription | None, events: list[ConsentEvent]) -> Part:
    name = f"{settings.SITE_URL}{report.person.get_absolute_url()}#{matter._meta.model_name}-{matter.pk}"
    basis = next((event.basis_after for event in events if answer and event.pk == answer.event_id), None)
    wordings = [wording for wording in dict.fromkeys(event.wording for event in events) if wording]
    return {
        "type": "dpv:ConsentRecord",
        "schema_version": SCHEMA_VERSION,
        "record_id": str(uuid5(NAMESPACE_URL, name)),
        "pii_principal_id": str(report.person.pk),
        "pii_processing": {
            "type": "dpv:Process",
            "privacy_notice": [notice(wording) for wording in wordings],
            "language": list(dict.fromkeys(wording.language for wording in wordings)),
            "purposes": [processing(report, matter) | now(answer, basis)],
        },
        "party_identification": parties(report),
        "events": [told(event) for event in events],
    }


def processing(report: Report, matter: Matter) -> Part:
    """What is done for a purpose, as far as the company has written it down."""
    is_mail = isinstance(matter, SubscriptionType) or matter.pk == EMARKETING
    return {
        "type": "dpv:Process",
        "purpose": matter.pk,
        "purpose_type": TYPES[EMARKETING] if is_mail else TYPES.get(matter.pk),
        "kind": matter._meta.model_name,
        "name": str(matter),
        "description": matter.said("description"),
        "pii_information": [
            {"pii_type": DATA[name], "pii_attribute_id": name}
            for name, _label, _value in report.fields
            if matter.pk == STORE or (is_mail and name in FOR_MAIL)
        ],
        "data_categories": getattr(matter, "data_categories", "") or None,
        "pii_controllers": [CONTROLLER],
        "storage_locations": None,
        "retention_period": getattr(matter, "storage_period", "") or None,
        "jurisdiction": None,
        "recipient_third_parties": getattr(matter, "data_recipients", "").splitlines(),
        "withdrawal_method": "dpv:WithdrawConsent",
    }


def now(answer: Consent | Subscription | None, basis: LegalBasis | None) -> Part:
    """What stands today."""
    return {
        "lawful_basis": ground(basis),
        "gdpr_article": basis.article if basis else None,
        "state": EXPIRED if has_run_out(answer) else state(basis),
        "valid_until": getattr(answer, "valid_until", None),
    }


def parties(report: Report) -> list[Part]:
    return [
        {
            "party_id": CONTROLLER,
            "party_name": report.controller or None,
            "party_address": report.controller_address or None,
            "party_contact": settings.SITE_URL,
            "party_role": "dpv:DataController",
        }
    ]


def notice(wording: Wording) -> Part:
    """What the person was shown."""
    return {
        "type": "dpv:ConsentNotice",
        "id": str(wording),
        "language": wording.language,
        "approval_text": wording.approval_text,
        "description": wording.description,
        "statement_title": wording.statement_title,
        "statement_url": wording.statement_url,
    }


def told(event: ConsentEvent) -> Part:
    act, evidence, note = event.act, getattr(event, "evidence", None), getattr(event.act, "note", None)
    return {
        "event_id": event.pk,
        "event_time": event.given_at,
        "recorded_at": act.recorded_at,
        "event_type": ground(event.basis_after) or ground(event.basis_before),
        "event_state": state_of(event),
        "validity_duration": duration(event),
        "entity_id": CONTROLLER if act.expressed_by == Act.ExpressedBy.COMPANY else str(event.person_id),
        "entity": ENTITIES[Act.ExpressedBy(act.expressed_by)],
        "event_source": DOORS[Door(act.door)],
        "from": event.basis_before_id,
        "to": event.basis_after_id,
        "gdpr_article": event.basis_after.article if event.basis_after else None,
        "source": event.source_id,
        "door": act.door,
        "recorded_by": str(act.user or act.token or ""),
        "reason": note.text if note else "",
        "notice": str(event.wording) if event.wording else None,
        "comment": evidence.comment if evidence else "",
        "file_name": evidence.file_name if evidence else "",
        "file": place_of(event) if evidence and evidence.file else None,
        "late": event.is_late,
        "undoes": event.undoes_id,
    }


def place_of(event: ConsentEvent) -> str:
    """Where the file that proves an event lies in the ZIP beside this document."""
    name = get_valid_filename(event.evidence.file_name) if event.evidence.file_name else ""
    return f"files/{event.pk}-{name[-100:]}".rstrip("-")


def ground(basis: LegalBasis | None) -> str | None:
    """The term for a basis that allows; None for a stop, and for what no article of the GDPR stands behind."""
    return GROUNDS.get(basis.article) if basis and basis.allows else None


def state_of(event: ConsentEvent) -> str | None:
    """What the answer became by the event."""
    before, after = event.basis_before_id, event.basis_after_id
    if before == after == CONSENT:
        return RENEWED
    if after == WITHDRAWN and event.act.expressed_by == Act.ExpressedBy.COMPANY:
        return REVOKED
    return state(event.basis_after)


def duration(event: ConsentEvent) -> Part:
    """For how long it holds, unless something else is said."""
    if event.valid_until:
        return {"type": "dpv:UntilTimeDuration", "until": event.valid_until}
    return {"type": "dpv:EndlessDuration"}


def state(basis: LegalBasis | None) -> str | None:
    return STATES.get(basis.article if basis.allows else basis.pk) if basis else None


def has_run_out(answer: Consent | Subscription | None) -> bool:
    return isinstance(answer, Consent) and answer.standing == Consent.Standing.EXPIRED
