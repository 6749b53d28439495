"""The terms that the report may use, from the W3C Data Privacy Vocabulary 2.1 and the DCMI terms, and the fields that
ISO/IEC TS 27560:2023 demands of a consent record, as the guide of the vocabulary to it lists them."""

DPV = "https://w3id.org/dpv#"
PD = "https://w3id.org/dpv/pd#"
DCT = "http://purl.org/dc/terms/"

TERMS = {
    DPV: {
        *("Consent", "Contract", "LegalObligation", "LegitimateInterest", "PublicInterest", "VitalInterest"),
        *(
            "ConsentExpired",
            "ConsentGiven",
            "ConsentRefused",
            "ConsentRevoked",
            "ConsentWithdrawn",
            "RenewedConsentGiven",
        ),
        *("LegitimateInterestNotObjected", "LegitimateInterestObjected"),
        *("DataControllerDataSource", "DataSubjectDataSource", "ThirdPartyDataSource"),
        *("DataController", "DataSubject", "GuardianOfDataSubject"),
        *("ConsentRecord", "ConsentNotice", "Process", "WithdrawConsent", "EndlessDuration", "UntilTimeDuration"),
        *("DirectMarketing", "CustomerRelationshipManagement"),
        *("hasAddress", "hasConsentControl", "hasContact", "hasDataController", "hasDataSource", "hasDataSubject"),
        *("hasDuration", "hasEntity", "hasIdentifier", "hasJurisdiction", "hasLegalBasis", "hasLocation", "hasName"),
        *(
            "hasNotice",
            "hasPersonalData",
            "hasProcess",
            "hasPurpose",
            "hasRecipient",
            "hasRecordOfActivity",
            "hasStatus",
        ),
        *("hasStorageCondition", "isIndicatedAtTime", "isIndicatedBy"),
    },
    PD: {"Country", "EmailAddress", "Language", "Name", "PhysicalAddress", "Professional", "TelephoneNumber"},
    DCT: {"conformsTo", "created", "hasPart", "identifier", "language", "type", "valid"},
}

RECORD = {"schema_version", "record_id", "pii_principal_id", "pii_processing", "party_identification", "events"}
PROCESSING = {"privacy_notice", "language", "purposes"}
PURPOSE = {
    *("purpose", "purpose_type", "lawful_basis", "pii_information", "pii_controllers", "storage_locations"),
    *("retention_period", "jurisdiction", "recipient_third_parties", "withdrawal_method"),
}
PARTY = {"party_id", "party_name", "party_address", "party_contact", "party_role"}
EVENT = {"event_time", "validity_duration", "entity_id", "event_type", "event_state"}
