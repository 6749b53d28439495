"""Mailings, and their way to each person."""

import pghistory
from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mailings.diagnosis import Bounce
from mailings.headers import is_mailbox
from mailings.models.content import Content, one_line
from persons.models import Company, ConsentEvent, LinkToken, Person, Selection
from persons.verdict import Code, Kind
from purposes.models import Purpose, SubscriptionType


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    exclude=["body", "body_kind", "content_version", "updated_at"],
)
@pghistory.track(
    pghistory.InsertEvent("body_insert"),
    pghistory.UpdateEvent("body_update"),
    fields=["body", "body_kind", "content_version"],
    model_name="MailingBody",
    obj_field=pghistory.ObjForeignKey(related_name="bodies"),
)
class Mailing(Content):
    """One message to many persons.

    Of its history the bodies are kept apart, one for each save and for a short while: they are large, and only tell
    two who write at the same time what the other one changed. The body that was sent is that of the row.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        BUILDING = "building", _("Making the list")
        SCHEDULED = "scheduled", _("Scheduled")
        SENDING = "sending", _("Sending")
        PAUSED = "paused", _("Paused")
        SENT = "sent", _("Sent")
        CANCELLED = "cancelled", _("Cancelled")

    name = models.CharField(_("name"), max_length=120)
    from_email = models.CharField(_("from"), max_length=320, blank=True, validators=[one_line, is_mailbox])
    reply_to = models.CharField(_("reply to"), max_length=320, blank=True, validators=[one_line, is_mailbox])
    content_version = models.PositiveIntegerField(
        default=0, editable=False, help_text="Counts the saves of the body, so that nobody saves over somebody else."
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.for_mailings(), default=Kind.MARKETING)
    type = models.ForeignKey(
        SubscriptionType,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="mailings",
        verbose_name=_("subscription type"),
    )
    purpose = models.ForeignKey(
        Purpose,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="mailings",
        verbose_name=_("purpose"),
        help_text=_("What a service mailing is sent for."),
    )
    service_reason = models.TextField(_("why this is a service mailing"), blank=True)

    to_everybody = models.BooleanField(_("to all persons"), default=False)
    selections = models.ManyToManyField(Selection, related_name="mailings", blank=True, verbose_name=_("selections"))
    companies = models.ManyToManyField(Company, related_name="mailings", blank=True, verbose_name=_("companies"))
    persons = models.ManyToManyField(Person, related_name="mailings", blank=True, verbose_name=_("persons"))
    filter = models.JSONField(
        _("filter"), default=dict, blank=True, help_text=_("What the list of persons is asked for, by field.")
    )
    one_per_address = models.BooleanField(_("Only one message per e-mail address"), default=True)
    update_at_start = models.BooleanField(
        _("Update recipient list when sending"),
        default=True,
        help_text=_("Who belongs to the sources by then. Otherwise the list stays as it was made."),
    )
    asks_again = models.BooleanField(
        _("Ask whether we may go on"),
        default=False,
        help_text=_("Adds a yes and a no button that lead to a page. A yes there is a new consent, a no stops it."),
    )
    count_clicks = models.BooleanField(
        _("Count clicks on links"),
        default=False,
        help_text=_("For the mailing as a whole, never for a person. Who opens a message is never recorded."),
    )
    override_reason = models.TextField(
        _("Override consent"),
        blank=True,
        validators=[MinLengthValidator(10)],
        help_text=_("Why persons without consent are let in. Nothing lifts a withdrawal."),
    )
    override_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    override_at = models.DateTimeField(null=True, editable=False)

    state = models.CharField(_("status"), max_length=10, choices=State, default=State.DRAFT)
    then = models.CharField(
        max_length=10, choices=State, blank=True, editable=False, help_text="What it becomes once its list is made."
    )
    confirmed = models.PositiveIntegerField(
        null=True, editable=False, help_text="To how many it goes at most, as confirmed. Not known of a scheduled one."
    )
    pause_reason = models.TextField(_("paused because"), blank=True)
    trouble = models.TextField(
        _("trouble"), blank=True, help_text=_("Why the mail server cannot be reached; it is tried again by itself.")
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    built_at = models.DateTimeField(_("recipients built"), null=True, editable=False)
    scheduled_at = models.DateTimeField(_("to be started at"), null=True, editable=False)
    started_at = models.DateTimeField(_("started"), null=True, editable=False)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    resumed_at = models.DateTimeField(
        _("resumed"), null=True, editable=False, help_text="Bounces and complaints of messages before it pause no more."
    )
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)
    forgotten_at = models.DateTimeField(null=True, editable=False, help_text="When the servers' words were removed.")

    class Meta:
        ordering = ["-id"]
        verbose_name = _("mailing")
        verbose_name_plural = _("mailings")
        permissions = [
            ("send_mailing", _("Can send mailings")),
            ("override_consent", _("Can override consent")),
            ("send_service", _("Can send service mailings")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=Kind.MARKETING, purpose=None) | Q(kind=Kind.SERVICE, purpose__isnull=False),
                name="a_service_mailing_and_no_other_names_a_purpose",
                violation_error_message=_("A service mailing names its purpose, a marketing mailing does not."),
            ),
            models.CheckConstraint(
                condition=~Q(purpose="EMARKETING"),
                name="marketing_is_no_service",
                violation_error_message=_("A mailing for e-marketing is a marketing mailing."),
            ),
            models.CheckConstraint(
                condition=Q(override_reason="") | Q(override_by__isnull=False, override_at__isnull=False),
                name="an_override_says_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="scheduled") | Q(scheduled_at__isnull=False), name="what_is_scheduled_has_a_time"
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("mailings:detail", args=[self.pk])

    @property
    def is_draft(self) -> bool:
        """Only a draft can be changed."""
        return self.state == self.State.DRAFT

    @property
    def is_before_start(self) -> bool:
        return self.state in (self.State.DRAFT, self.State.BUILDING, self.State.SCHEDULED)

    @property
    def sign(self) -> str:
        """The sign of its status on a page."""
        return SIGNS[self.State(self.state)]


SIGNS = {
    Mailing.State.DRAFT: "never",
    Mailing.State.BUILDING: "info",
    Mailing.State.SCHEDULED: "info",
    Mailing.State.SENDING: "info",
    Mailing.State.PAUSED: "expired",
    Mailing.State.SENT: "on",
    Mailing.State.CANCELLED: "stop",
}


class RecipientQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(state=Recipient.State.WAITING)

    def undelivered(self):
        """Those whom the message did not reach, or perhaps did not, and to whom it can be sent again."""
        tried = self.filter(state__in=[Recipient.State.UNCERTAIN, Recipient.State.FAILED])
        return tried.exclude(address=None)  # erased


class Recipient(models.Model):
    """The way of one mailing to one person, also of one that was held back, and why."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        CLAIMED = "claimed", _("Being sent")
        SENT = "sent", _("Sent")
        HELD_BACK = "held_back", _("Held back")
        FAILED = "failed", _("Failed")
        UNCERTAIN = "uncertain", _("Uncertain")
        CANCELLED = "cancelled", _("Cancelled")

    mailing = models.ForeignKey(Mailing, models.PROTECT, related_name="recipients", db_index=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="recipients", db_index=False)
    address = models.CharField(_("address"), max_length=254, null=True)
    address_hash = models.BinaryField(max_length=32, null=True)
    one_per_address = models.BooleanField(help_text="As the mailing was built; the constraint below needs it here.")
    code = models.CharField(_("verdict"), max_length=20, choices=Code)
    event = models.ForeignKey(
        ConsentEvent,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,  # found by way of the person; each index costs every message twice
        help_text="What the verdict rested on.",
    )
    state = models.CharField(_("state"), max_length=10, choices=State)
    message_key = models.UUIDField(
        db_default=RandomUUID(), help_text="Part of the Message-ID: fixed when the row is made."
    )
    claim = models.BigIntegerField(null=True, help_text="The claim that holds it.")
    claimed_at = models.DateTimeField(
        _("claimed"), null=True, help_text="When the verdict was asked last. Held back without it: when it was built."
    )
    link = models.OneToOneField(LinkToken, models.PROTECT, null=True, related_name="recipient")
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    retry_at = models.DateTimeField(_("tried again at"), null=True)
    answer = models.TextField(_("the server's words"), blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True)
    bounce = models.CharField(_("bounce"), max_length=15, choices=Bounce, blank=True, db_default="")
    bounced_at = models.DateTimeField(_("bounced"), null=True, help_text="A bounce may come days after it was sent.")
    complained_at = models.DateTimeField(_("complained"), null=True)

    objects = RecipientQuerySet.as_manager()

    class Meta:
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        constraints = [
            models.UniqueConstraint("mailing", "person", name="one_recipient_per_mailing_and_person"),
            models.UniqueConstraint(
                "mailing",
                "address",
                condition=Q(one_per_address=True) & ~Q(state="held_back"),
                name="one_message_per_mailing_and_address",
            ),
            models.UniqueConstraint("message_key", name="one_message_per_key"),
            models.CheckConstraint(
                condition=Q(state="held_back")
                | Q(address__isnull=False)
                | Q(address_hash__isnull=False, state__in=["sent", "failed", "uncertain", "cancelled"]),
                name="who_is_mailed_has_an_address",  # of somebody erased the hash alone
            ),
            models.CheckConstraint(
                condition=Q(claimed_at=None, claim=None, state__in=["waiting", "held_back", "cancelled"])
                | Q(
                    claimed_at__isnull=False,
                    claim__isnull=False,
                    state__in=["claimed", "sent", "held_back", "failed", "uncertain"],
                ),
                name="what_was_handed_over_was_claimed",
            ),
            models.CheckConstraint(
                condition=Q(bounce="", bounced_at=None) | (~Q(bounce="") & Q(bounced_at__isnull=False)),
                name="a_bounce_has_a_class_and_a_moment",
            ),
        ]
        indexes = [
            # the next to claim, however long the audience, and however many other mailings there are
            models.Index("mailing", "person", condition=Q(state="waiting"), name="recipients_waiting"),
            # the sweep for claims whose worker died
            models.Index("claimed_at", condition=Q(state="claimed"), name="recipients_claimed"),
            models.Index("person", "mailing", name="recipients_of_a_person"),
            # bounces that come after a person was erased
            models.Index(
                "address_hash", condition=Q(address=None, address_hash__isnull=False), name="recipients_erased"
            ),
            # the rates that pause a mailing, and its report
            models.Index(
                "mailing", condition=~Q(bounce="") | Q(complained_at__isnull=False), name="recipients_bounced"
            ),
        ]

    def __str__(self):
        return f"{self.mailing_id}: {self.person_id} {self.state}"
