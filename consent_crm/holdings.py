"""What becomes of each table when a person is erased (rules 5.4), and which are reported to the person (GDPR art. 15).

Of all tables, so that none is forgotten.
"""

from enum import Enum

from django.utils.translation import gettext_lazy as _


class Fate(Enum):
    """Of the rows that are about the person."""

    ERASED = _("They go.")
    EMPTIED = _("They stay, without what names anybody.")
    KEPT = _("They stay: they name nobody.")
    NOBODYS = _("None is about a person.")


ABOUT_SETTINGS = (Fate.NOBODYS, "what the company set")
ABOUT_USERS = (Fate.NOBODYS, "who signs in, and what they may")
OF_THE_FRAMEWORK = (Fate.NOBODYS, "how the program runs")
IN_THE_LEDGER = (Fate.KEPT, "the ledger: numbers, keys and digests")

HOLDINGS: dict[str, tuple[Fate, str]] = {
    "persons.Person": (Fate.EMPTIED, "the nameless row, for the events to be about"),
    "persons.PersonIdNoMailingsFormerEmployeeCompanyMergedIntoEvent": (Fate.EMPTIED, "flags; the company goes"),
    "persons.FormerAddress": (Fate.ERASED, "hashes of addresses"),
    "persons.ExternalId": (Fate.ERASED, "the name in other systems"),
    "persons.Evidence": (Fate.ERASED, "comments and files; the event keeps a salted digest"),
    "persons.ActNote": (Fate.ERASED, "reasons, of acts about nobody else"),
    "persons.PendingConfirmation": (Fate.ERASED, "an address, and what it asked for"),
    "persons.SingleMessage": (Fate.ERASED, "messages to the person alone"),
    "persons.PreferenceRequest": (Fate.ERASED, "what the person asked of staff"),
    "persons.LinkToken": (Fate.ERASED, "links lead to the person"),
    "persons.Selection_members": (Fate.ERASED, "that the person is in a selection"),
    "mailings.Mailing_persons": (Fate.ERASED, "that a mailing names the person"),
    "persons.Consent": (Fate.ERASED, "what stands; the act of the erasure ends it"),
    "persons.Subscription": (Fate.ERASED, "what stands; the act of the erasure ends it"),
    "persons.Act": IN_THE_LEDGER,
    "persons.ConsentEvent": IN_THE_LEDGER,
    "persons.UnsealedAct": IN_THE_LEDGER,
    "persons.Seal": IN_THE_LEDGER,
    "persons.SealedAct": IN_THE_LEDGER,
    "persons.LedgerCheck": (Fate.NOBODYS, "when the ledger was verified"),
    "persons.Suppression": (
        Fate.EMPTIED,
        "the hash of the address, so that nothing is sent there; why a block was lifted goes",
    ),
    "persons.Deliverability": (Fate.EMPTIED, "the hash; the server's words go"),
    "mailings.Recipient": (Fate.EMPTIED, "the hash and what became of the message; address, words and link go"),
    "mailings.Report": (Fate.EMPTIED, "the server's words go"),
    "persons.Upload": (Fate.ERASED, "files that name the person are let go"),
    "persons.ImportRow": (Fate.NOBODYS, "only while an import is under way; until then nobody of it is erased"),
    "persons.ImportAnswer": (Fate.NOBODYS, "only while an import is under way"),
    "persons.ImportProblem": (Fate.KEPT, "numbers of rows and codes"),
    "persons.Import": (Fate.EMPTIED, "numbers; the name of a file that names somebody or was about nobody else goes"),
    "persons.Operation": (Fate.EMPTIED, "numbers; a reason goes that was about nobody else"),
    "persons.OperationPerson": (Fate.KEPT, "numbers and codes"),
    "persons.BulkUpdate": (Fate.EMPTIED, "keys; a comment goes that was about nobody else"),
    "persons.Selection": (Fate.KEPT, "filters that staff typed, which the page tells to look at"),
    "mailings.Mailing": (
        Fate.EMPTIED,
        "what staff wrote to many stays, and the page tells to look; why it paused goes",
    ),
    "mailings.MailingEvent": (Fate.KEPT, "the same, as it was"),
    "mailings.MailingBody": (Fate.KEPT, "the same, as it was in the last days"),
    "admin.LogEntry": (Fate.EMPTIED, "the name in the record of the administration"),
    "sessions.Session": (Fate.KEPT, "numbers; notices go once they are shown"),
    "procrastinate.ProcrastinateJob": (Fate.KEPT, "numbers of rows"),
    "pghistory.Context": (Fate.KEPT, "the number of the user and the path of the page"),
    "persons.Company": (Fate.NOBODYS, "companies are no persons"),
    "persons.CompanyIdNoMailingsEvent": (Fate.NOBODYS, "flags of companies"),
    "persons.Visits": (Fate.NOBODYS, "hashes that change every day"),
    "persons.HashSecret": OF_THE_FRAMEWORK,
    "persons.ColumnChoice": ABOUT_USERS,
    "mailings.Pace": OF_THE_FRAMEWORK,
    "mailings.TrackedLink": (Fate.NOBODYS, "clicks of a mailing as a whole"),
    "mailings.MailingTemplate": ABOUT_SETTINGS,
    "mailings.HostedImage": ABOUT_SETTINGS,
    "mailings.Mailing_selections": ABOUT_SETTINGS,
    "mailings.Mailing_companies": ABOUT_SETTINGS,
    "mailings.SendingSettings": ABOUT_SETTINGS,
    "mailings.SendingSettingsEvent": ABOUT_SETTINGS,
    "persons.SubscribeForm": ABOUT_SETTINGS,
    "persons.SubscribeFormEvent": ABOUT_SETTINGS,
    "persons.SubscribeForm_types": ABOUT_SETTINGS,
    "persons.OfferedType": ABOUT_SETTINGS,
    "persons.OfferedTypeEvent": ABOUT_SETTINGS,
    "consent_crm.User": ABOUT_USERS,
    "consent_crm.User_groups": ABOUT_USERS,
    "consent_crm.User_user_permissions": ABOUT_USERS,
    "consent_crm.Retention": ABOUT_SETTINGS,
    "consent_crm.RetentionEvent": ABOUT_SETTINGS,
    "auth.Permission": ABOUT_USERS,
    "auth.Group": ABOUT_USERS,
    "auth.Group_permissions": ABOUT_USERS,
    "contenttypes.ContentType": OF_THE_FRAMEWORK,
    "pghistory.Events": OF_THE_FRAMEWORK,
    "pghistory.MiddlewareEvents": OF_THE_FRAMEWORK,
    "procrastinate.ProcrastinateWorker": OF_THE_FRAMEWORK,
    "procrastinate.ProcrastinateEvent": OF_THE_FRAMEWORK,
    "procrastinate.ProcrastinatePeriodicDefer": OF_THE_FRAMEWORK,
}
for _name in (
    "LegalBasis", "Source", "SubscriptionType", "Purpose", "AcceptedBasis", "Wording", "PrivacySettings", "PublicPages",
    "PublicText", "EmailTemplate", "EmailText",
):  # fmt: skip
    HOLDINGS[f"purposes.{_name}"] = HOLDINGS[f"purposes.{_name}Event"] = ABOUT_SETTINGS

# What `consent_crm.subject_access` tells of.
REPORTED = {
    *("persons.Person", "persons.ExternalId", "persons.FormerAddress", "persons.Suppression", "persons.Deliverability"),
    *("persons.Consent", "persons.Subscription", "persons.Act", "persons.ConsentEvent", "persons.Evidence"),
    *("persons.SingleMessage", "persons.PendingConfirmation", "persons.PreferenceRequest", "persons.Selection_members"),
    *("mailings.Recipient",),
}

# What is about a person and not in the report, and why.
NOT_REPORTED = {
    "persons.PersonIdNoMailingsFormerEmployeeCompanyMergedIntoEvent": "earlier flags; the present ones are told",
    "persons.ActNote": "why a colleague did it, which is about the colleague",
    "persons.LinkToken": "random tokens",
    "persons.Upload": "waits for staff; what is imported from it is told",
    "persons.Import": "numbers",
    "persons.ImportProblem": "numbers of rows",
    "persons.Operation": "about many; its events are told",
    "persons.OperationPerson": "that an operation looked at the person; its events are told, and who took this report",
    "persons.BulkUpdate": "about many; its comment is told with each event",
    "persons.Selection": "a filter, about many",
    "persons.UnsealedAct": "the seals of acts that are told",
    "persons.Seal": "the seals of acts that are told",
    "persons.SealedAct": "the seals of acts that are told",
    "mailings.Report": "what became of a message, which is told with it",
    "mailings.Mailing": "what was written to many; its subject is told",
    "mailings.MailingEvent": "the same, as it was",
    "mailings.MailingBody": "the same, as it was in the last days",
    "mailings.Mailing_persons": "a draft; once it is sent it is told",
    "admin.LogEntry": "what a colleague did",
    "sessions.Session": "of colleagues",
    "procrastinate.ProcrastinateJob": "numbers of rows",
    "pghistory.Context": "which colleague, on which page",
}
