"""Facts about addresses, kept under a keyed hash so that they can outlive the person."""

import hashlib
import hmac

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

SOFT_BOUNCES_IN_A_ROW = 5  # rules 3, row 4


def keyed_hash(address: str) -> bytes:
    """HMAC-SHA256 of a normalised address: without the secret nobody can test whether an address is in a list."""
    return hmac.digest(settings.SUPPRESSION_PEPPER.encode(), address.encode(), hashlib.sha256)


class SuppressionQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(lifted_at=None)


class Suppression(models.Model):
    """An address that must not be mailed. A lifted one stays, with who lifted it and why."""

    class Reason(models.TextChoices):
        ERASED = "erased", _("The person was erased")
        CHANGED = "changed", _("The person has another address now")
        COMPLAINT = "complaint", _("A complaint about spam")
        ADMIN = "admin", _("Added by a privacy admin")
        REPLAYED = "replayed", _("Stopped before the database was restored")

        @classmethod
        def ended_by_confirming(cls):
            """Those that end when the address itself confirms; all else is lifted by a privacy admin (rules 5.5)."""
            return [cls.ERASED, cls.CHANGED, cls.REPLAYED]

    address_hash = models.BinaryField(_("hash of the address"), max_length=32)
    reason = models.CharField(_("reason"), max_length=12, choices=Reason)
    suppressed_at = models.DateTimeField(_("suppressed"), db_default=Now())
    suppressed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(_("lifted"), null=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    lifted_because = models.TextField(_("lifted because"), blank=True)

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        verbose_name = _("suppression")
        verbose_name_plural = _("suppressions")
        constraints = [
            models.UniqueConstraint(
                "address_hash", condition=Q(lifted_at=None), name="one_standing_suppression_per_address"
            ),
        ]

    def __str__(self):
        return self.get_reason_display()


class HashSecret(models.Model):
    """What the secret of the address hash makes of a text that is known: whether it still is the same secret."""

    check_value = models.BinaryField(_("check value"), max_length=32)

    CHECKED = "the secret of the hash of addresses"

    class Meta:
        verbose_name = _("check of the secret of the hash")
        verbose_name_plural = _("checks of the secret of the hash")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_secret_of_the_hash")]

    def __str__(self):
        return self.CHECKED

    @classmethod
    def is_another(cls) -> bool:
        """Whether the secret of the settings is not the one that the hashes in the database were made with."""
        kept = cls.objects.filter(pk=1).first()
        return kept is not None and not hmac.compare_digest(bytes(kept.check_value), keyed_hash(cls.CHECKED))


class DeliverabilityQuerySet(models.QuerySet):
    def bounced(self):
        """Addresses that rules 3, row 4 holds back."""
        return self.filter(Q(failed_at__isnull=False) | Q(bounces_in_a_row__gte=SOFT_BOUNCES_IN_A_ROW))


class Deliverability(models.Model):
    """What bounces have said about an address. No row: nothing bad is known. Never an answer of the person."""

    address_hash = models.BinaryField(_("hash of the address"), max_length=32, primary_key=True)
    failed_at = models.DateTimeField(
        _("failed at"), null=True, help_text=_("When it was reported that there is no such address.")
    )
    bounces_in_a_row = models.PositiveSmallIntegerField(_("mailings bounced in a row"), default=0)
    diagnosis = models.TextField(_("the server's words"), blank=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    cleared_at = models.DateTimeField(_("cleared"), null=True)
    cleared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = DeliverabilityQuerySet.as_manager()

    class Meta:
        verbose_name = _("deliverability")
        verbose_name_plural = _("deliverabilities")

    @property
    def since(self):
        """When the address was blocked, while it is."""
        return self.failed_at or self.updated_at

    def __str__(self):
        return str(_("bounced") if self.failed_at else _("deliverable"))
