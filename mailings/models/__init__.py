from mailings.models.mailing import Mailing, Recipient, RecipientQuerySet, one_line
from mailings.models.sending import SendingSettings

__all__ = ["Mailing", "Recipient", "RecipientQuerySet", "SendingSettings", "one_line"]
