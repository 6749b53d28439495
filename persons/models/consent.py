"""The standing answers: what the ledger's events amount to today."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from persons.models.ledger import ConsentEvent
from purposes.models import LegalBasis, Purpose, Source, SubscriptionType, Wording


class StandingAnswer(models.Model):
    """Written by `persons.ledger` alone, and rebuildable from the events."""

    person = models.ForeignKey("Person", models.PROTECT, related_name="%(class)ss")
    event = models.OneToOneField(ConsentEvent, models.PROTECT, related_name="+")
    source = models.ForeignKey(Source, models.PROTECT, related_name="+", verbose_name=_("source"))
    given_at = models.DateTimeField(_("given at"), null=True)
    recorded_at = models.DateTimeField(_("recorded"))
    wording = models.ForeignKey(Wording, models.PROTECT, null=True, related_name="+", verbose_name=_("wording"))
    force = models.SmallIntegerField(_("force"), choices=ConsentEvent.Force)
    is_own = models.BooleanField(_("given by the person"), help_text=_("It came through an own door."))

    class Meta:
        abstract = True


class Consent(StandingAnswer):
    """The standing answer of one person on one purpose. No row: never asked."""

    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="consents", verbose_name=_("purpose"))
    basis = models.ForeignKey(LegalBasis, models.PROTECT, related_name="+", verbose_name=_("legal basis"))
    valid_until = models.DateTimeField(_("valid until"), null=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.UniqueConstraint("person", "purpose", name="one_consent_per_person_and_purpose"),
        ]
        indexes = [
            models.Index("purpose", "basis", name="consent_by_purpose_and_basis"),
        ]

    def __str__(self):
        return f"{self.purpose_id}: {self.basis_id}"


class Subscription(StandingAnswer):
    """The standing answer of one person on one subscription type: active, or ended. No row: never chosen.

    An active one is consent to mailings of that type (GDPR article 6(1)(a)).
    """

    type = models.ForeignKey(
        SubscriptionType, models.PROTECT, related_name="subscriptions", verbose_name=_("subscription type")
    )
    is_active = models.BooleanField(_("active"))

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [
            models.UniqueConstraint("person", "type", name="one_subscription_per_person_and_type"),
        ]
        indexes = [
            models.Index("type", "is_active", name="subscription_by_type"),
            models.Index("person", condition=Q(is_active=False), name="ended_subscriptions"),
        ]

    def __str__(self):
        return f"{self.type_id}: {_('active') if self.is_active else _('ended')}"
