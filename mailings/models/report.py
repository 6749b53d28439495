from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mailings.diagnosis import Bounce
from mailings.models.mailing import Recipient


class Report(models.Model):
    """What a mail system or a provider reported about a message: a bounce, a complaint, a wish to be left alone.

    Without a recipient it could not be matched: kept, and never guessed. Each report is worked off once.
    """

    class Kind(models.TextChoices):
        BOUNCE = "bounce", _("Bounce")
        COMPLAINT = "complaint", _("Complaint")
        OPT_OUT = "opt_out", _("Opt-out")
        OTHER = "other", _("Something else")

    source_id = models.CharField(_("Message-ID"), max_length=300, unique=True)
    received_at = models.DateTimeField(_("received"), db_default=Now())
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    bounce = models.CharField(_("bounce"), max_length=15, choices=Bounce, blank=True)
    words = models.TextField(_("in the server's words"), blank=True)
    recipient = models.ForeignKey(Recipient, models.SET_NULL, null=True, related_name="reports")

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")

    def __str__(self):
        return f"{self.get_kind_display()} {self.words}"[:80]
