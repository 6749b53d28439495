"""The standing answers: what the ledger's events amount to today."""

from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from persons.models.ledger import ConsentEvent
from purposes.models import AcceptedBasis, LegalBasis, Purpose, Source, SubscriptionType, Wording


class StandingAnswer(models.Model):
    """Written by `persons.ledger` alone, and rebuildable from the events."""

    person = models.ForeignKey("persons.Person", models.PROTECT, related_name="%(class)ss")
    event = models.OneToOneField(ConsentEvent, models.PROTECT, related_name="+")
    source = models.ForeignKey(Source, models.PROTECT, related_name="+", verbose_name=_("source"))
    given_at = models.DateTimeField(_("given at"), null=True)
    recorded_at = models.DateTimeField(_("recorded"))
    wording = models.ForeignKey(Wording, models.PROTECT, null=True, related_name="+", verbose_name=_("wording"))
    force = models.SmallIntegerField(_("force"), choices=ConsentEvent.Force)
    is_own = models.BooleanField(_("given by the person"), help_text=_("It came through an own door."))

    class Meta:
        abstract = True


class ConsentQuerySet(models.QuerySet):
    def with_standing(self):
        """Annotate `standing`: what each answer amounts to at this moment (rules 2)."""
        accepted = AcceptedBasis.objects.filter(purpose=OuterRef("purpose"), basis=OuterRef("basis"))
        has_run_out = Q(valid_until__lte=Now()) | Q(wording__ask_again_by__lte=Now())
        return self.annotate(
            standing=Case(
                When(basis__allows=False, then=Value(Consent.Standing.STOPPED)),
                When(has_run_out, then=Value(Consent.Standing.EXPIRED)),
                When(~Exists(accepted), then=Value(Consent.Standing.NOT_ACCEPTED)),
                default=Value(Consent.Standing.ON),
            )
        )

    def on(self):
        return self.with_standing().filter(standing=Consent.Standing.ON)


class Consent(StandingAnswer):
    """The standing answer of one person on one purpose. No row: never asked."""

    class Standing(models.TextChoices):
        ON = "on", _("ON")
        STOPPED = "stopped", _("OFF")
        EXPIRED = "expired", _("Expired")
        NOT_ACCEPTED = "not_accepted", _("Legal basis no longer accepted")

    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="consents", verbose_name=_("purpose"))
    basis = models.ForeignKey(LegalBasis, models.PROTECT, related_name="+", verbose_name=_("legal basis"))
    valid_until = models.DateTimeField(_("valid until"), null=True)

    standing: str  # only on rows that come `with_standing`

    objects = ConsentQuerySet.as_manager()

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
