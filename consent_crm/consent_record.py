"""The personal data report for machines (GDPR article 20).

A JSON document whose consent records have the parts and names of ISO/IEC TS 27560:2023: the record itself, the
processing (`pii_processing`), the parties, the events. Values that the W3C Data Privacy Vocabulary has a term for are
that term, and `@context` says so to whoever reads JSON-LD.
"""

from collections import defaultdict
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings

from consent_crm.subject_access import Report
from persons.models import OWN_DOORS, Act, Consent, ConsentEvent, Door, Subscription
from purposes.models import OBJECTED, REFUSED, WITHDRAWN, LegalBasis, Purpose, SubscriptionType, Wording

SCHEMA_VERSION = "ISO/IEC TS 27560:2023"
CONTEXT = {
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "dct": "http://purl.org/dc/terms/",
    "record_id": "dct:identifier",
    "pii_principal_id": "dpv:hasDataSubject",
    "pii_controllers": "dpv:hasDataController",
    "pii_processing": "dpv:hasProcess",
    "purposes": "dpv:hasPurpose",
    "privacy_notice": "dpv:hasNotice",
    "lawful_basis": {"@id": "dpv:hasLegalBasis", "@type": "@id"},
    "event_time": "dct:date",
    "event_type": {"@id": "dct:type", "@type": "@id"},
    "event_state": {"@id": "dpv:hasStatus", "@type": "@id"},
    "event_source": {"@id": "dpv:hasDataSource", "@type": "@id"},
    "entity": {"@id": "dpv:hasEntity", "@type": "@id"},
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
DOORS = dict.fromkeys(Door, "dpv:DataControllerDataSource") | dict.fromkeys(OWN_DOORS, "dpv:DataSubjectDataSource")
DOORS[Door.API] = "dpv:ThirdPartyDataSource"
ENTITIES = {
    Act.ExpressedBy.PERSON: "dpv:DataSubject",
    Act.ExpressedBy.GUARDIAN: "dpv:GuardianOfDataSubject",
    Act.ExpressedBy.COMPANY: "dpv:DataController",
}

Matter = Purpose | SubscriptionType
Part = dict[str, Any]


def document(report: Report) -> Part:
    """The whole report; moments are in UTC as ISO 8601 has them, what is not known is null."""
    return {
        "@context": CONTEXT,
        "schema_version": SCHEMA_VERSION,
        "created_at": report.made_at,
        "pii_principal_id": str(report.person.pk),
        "pii_controllers": [report.controller or settings.SITE_URL],
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
    return {
        "schema_version": SCHEMA_VERSION,
        "record_id": str(uuid5(NAMESPACE_URL, name)),
        "pii_principal_id": str(report.person.pk),
        "pii_processing": {
            "privacy_notice": [
                notice(wording) for wording in dict.fromkeys(event.wording for event in events) if wording
            ],
            "purposes": [
                {
                    "purpose": matter.pk,
                    "purpose_type": matter._meta.model_name,
                    "name": str(matter),
                    "description": matter.said("description"),
                    "lawful_basis": ground(basis),
                    "gdpr_article": basis.article if basis else None,
                    "state": EXPIRED if has_run_out(answer) else state(basis),
                    "valid_until": getattr(answer, "valid_until", None),
                }
            ],
        },
        "events": [told(event) for event in events],
    }


def notice(wording: Wording) -> Part:
    """What the person was shown."""
    return {
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
        "event_state": state(event.basis_after),
        "validity_duration": event.valid_until,
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
        "late": event.is_late,
        "undoes": event.undoes_id,
    }


def ground(basis: LegalBasis | None) -> str | None:
    """The term for a basis that allows; None for a stop, and for what no article of the GDPR stands behind."""
    return GROUNDS.get(basis.article) if basis and basis.allows else None


def state(basis: LegalBasis | None) -> str | None:
    return STATES.get(basis.article if basis.allows else basis.pk) if basis else None


def has_run_out(answer: Consent | Subscription | None) -> bool:
    return isinstance(answer, Consent) and answer.standing == Consent.Standing.EXPIRED
