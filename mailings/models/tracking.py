from django.db import models
from django.utils.translation import gettext_lazy as _

from mailings.models.mailing import Mailing


class TrackedLink(models.Model):
    """An address in a mailing's body, and how often the link to it was followed.

    It is the same in every message: clicks are counted for the mailing, never for a person.
    """

    mailing = models.ForeignKey(Mailing, models.PROTECT, related_name="tracked_links")
    url = models.TextField(_("address"))
    key = models.CharField(max_length=32, unique=True, help_text="Random; it stands in the message.")
    clicks = models.PositiveIntegerField(_("clicks"), default=0)

    class Meta:
        ordering = ["mailing", "id"]
        verbose_name = _("tracked link")
        verbose_name_plural = _("tracked links")
        constraints = [models.UniqueConstraint("mailing", "url", name="one_tracked_link_per_mailing_and_address")]

    def __str__(self):
        return self.url
