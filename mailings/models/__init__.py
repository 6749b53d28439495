from mailings.models.content import Content, HostedImage, MailingTemplate, one_line
from mailings.models.mailing import Mailing, Recipient, RecipientQuerySet
from mailings.models.pace import Pace
from mailings.models.report import Report
from mailings.models.sending import SendingSettings
from mailings.models.tracking import TrackedLink

__all__ = [
    "Content",
    "HostedImage",
    "Mailing",
    "MailingTemplate",
    "Pace",
    "Recipient",
    "RecipientQuerySet",
    "Report",
    "SendingSettings",
    "TrackedLink",
    "one_line",
]
