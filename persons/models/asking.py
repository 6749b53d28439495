"""What people ask for on public pages, and the messages to one person."""

from datetime import timedelta

import pghistory
from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from persons.models.person import Person
from purposes.models import EmailTemplate, Settled, SubscriptionType, tracked

origin = RegexValidator(r"https://[a-z0-9.-]+(:[0-9]{1,5})?\Z|http://localhost(:[0-9]{1,5})?\Z")


def origins(written: str) -> None:
    """Validator: each line is the origin of a site, https://www.example.com."""
    for line in written.split():
        try:
            origin(line)
        except ValidationError as error:
            message = _("“%(line)s” is not the address of a site: write https://www.example.com, without a path.")
            raise ValidationError(message, code="origin", params={"line": line}) from error


class SubscribeFormQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent())
class SubscribeForm(Settled):
    """A public page on which anybody asks for e-marketing, also inside the page of another site."""

    key = models.SlugField(
        _("address"),
        max_length=40,
        unique=True,
        help_text=_("The end of the page's address: small letters, digits and hyphens."),
    )
    name = models.CharField(_("name"), max_length=120, help_text=_("For yourselves; it stands in the proof."))
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="en")
    heading = models.CharField(_("heading"), max_length=120, blank=True, help_text=_("In place of ours."))
    intro = models.TextField(_("introduction"), max_length=1000, blank=True)
    types = models.ManyToManyField(
        SubscriptionType,
        related_name="+",
        blank=True,
        verbose_name=_("subscription types offered"),
        help_text=_("Whoever subscribes chooses among them. None: all e-marketing as one."),
    )
    embedded_on = models.TextField(
        _("embedded on"),
        blank=True,
        validators=[origins],
        help_text=_("Sites that may show the form inside a page of theirs, one a line: https://www.example.com"),
    )
    is_active = models.BooleanField(_("active"), default=True)

    objects = SubscribeFormQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("subscribe form")
        verbose_name_plural = _("subscribe forms")

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("subscribe", args=[self.key])


@tracked
class OfferedType(SubscribeForm.types.through):  # type: ignore[name-defined]
    """A subscription type that a form offers, so that the form's history has it."""

    class Meta:
        proxy = True


class PendingConfirmationQuerySet(models.QuerySet):
    def good(self):
        """Those whose time has not run out."""
        return self.filter(asked_at__gt=Now() - PendingConfirmation.GOOD_FOR)

    def over(self):
        return self.filter(asked_at__lte=Now() - PendingConfirmation.GOOD_FOR)


class PendingConfirmation(models.Model):
    """What was asked for and the address has not confirmed yet; until then no answer of anybody (rules 4.5).

    `asked` is a list, only ever added to, of what would be recorded: a purpose or a subscription type, each with the
    wording that was shown. Whom it is about is known where a person's own page, or staff, asked; else it is seen when
    it is confirmed.
    """

    GOOD_FOR = timedelta(days=7)

    token_hash = models.BinaryField(
        max_length=32, null=True, unique=True, help_text="NULL until the message is handed over."
    )
    person = models.ForeignKey(Person, models.CASCADE, null=True, related_name="pending_confirmations")
    form = models.ForeignKey(SubscribeForm, models.CASCADE, null=True, related_name="+")
    address = models.CharField(_("address"), max_length=254)
    address_hash = models.BinaryField(_("hash of the address"), max_length=32)
    language = models.CharField(_("language"), max_length=8, blank=True)
    asked = models.JSONField(_("asked for"), default=list)
    asked_at = models.DateTimeField(_("asked"), db_default=Now())
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)

    objects = PendingConfirmationQuerySet.as_manager()

    class Meta:
        verbose_name = _("pending confirmation")
        verbose_name_plural = _("pending confirmations")
        indexes = [
            models.Index("asked_at", name="confirmations_by_age"),
            models.Index("address_hash", name="confirmations_of_an_address"),
        ]

    def __str__(self):
        return f"{self.pk}"


class SingleMessageQuerySet(models.QuerySet):
    def due(self):
        """Those to be handed over now."""
        return self.filter(Q(retry_at=None) | Q(retry_at__lte=Now()), state=SingleMessage.State.WAITING)


class SingleMessage(models.Model):
    """A message to one person that carries no marketing, on its way or gone (rules 3, *Kinds*).

    Kept by the address it goes to only as a hash; the address itself is the person's, or stands in the confirmation.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        CLAIMED = "claimed", _("Being sent")
        SENT = "sent", _("Sent")
        HELD_BACK = "held_back", _("Held back")
        FAILED = "failed", _("Failed")
        UNCERTAIN = "uncertain", _("Uncertain")

    kind = models.CharField(_("kind"), max_length=24, choices=EmailTemplate.Kind)
    template = models.ForeignKey(
        EmailTemplate, models.PROTECT, null=True, related_name="+", help_text="NULL: the built-in one of its kind."
    )
    person = models.ForeignKey(Person, models.CASCADE, null=True, related_name="single_messages")
    confirmation = models.ForeignKey(PendingConfirmation, models.CASCADE, null=True, related_name="messages")
    address_hash = models.BinaryField(_("hash of the address"), max_length=32, null=True)
    language = models.CharField(_("language"), max_length=8, blank=True)
    is_public = models.BooleanField(
        _("asked for on a public page"), default=False, help_text="Passes what an address may end itself (rules 3)."
    )
    day = models.DateField(_("day"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    code = models.CharField(_("verdict"), max_length=20, blank=True)
    message_key = models.UUIDField(db_default=RandomUUID(), unique=True, help_text="Part of the Message-ID.")
    claimed_at = models.DateTimeField(_("claimed"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    retry_at = models.DateTimeField(_("tried again at"), null=True)
    answer = models.TextField(_("the server's words"), blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True)
    bounce = models.CharField(
        _("bounce"),
        max_length=15,
        blank=True,
        db_default="",
        help_text="What it was about: a class of `mailings.diagnosis`.",
    )
    bounced_at = models.DateTimeField(_("bounced"), null=True, help_text="A bounce may come days after it was sent.")
    created_at = models.DateTimeField(_("created"), db_default=Now())
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = SingleMessageQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("single message")
        verbose_name_plural = _("single messages")
        constraints = [
            models.UniqueConstraint(
                "address_hash",
                "day",
                condition=Q(kind=EmailTemplate.Kind.DOUBLE_OPT_IN) & ~Q(state__in=["held_back", "failed"]),
                name="one_confirmation_message_per_address_and_day",
            ),
            models.UniqueConstraint(
                "person",
                "kind",
                condition=Q(state="waiting", confirmation=None),
                name="one_waiting_message_of_a_kind_per_person",
            ),
            models.CheckConstraint(
                condition=Q(kind=EmailTemplate.Kind.DOUBLE_OPT_IN, confirmation__isnull=False)
                | ~Q(kind=EmailTemplate.Kind.DOUBLE_OPT_IN) & Q(confirmation=None, person__isnull=False),
                name="a_message_is_to_a_person_or_asks_for_a_confirmation",
            ),
            models.CheckConstraint(
                condition=Q(bounce="", bounced_at=None) | (~Q(bounce="") & Q(bounced_at__isnull=False)),
                name="a_single_bounce_has_a_class_and_a_moment",
            ),
        ]
        indexes = [
            models.Index("id", condition=Q(state="waiting"), name="single_messages_waiting"),
            models.Index("claimed_at", condition=Q(state="claimed"), name="single_messages_claimed"),
        ]

    def __str__(self):
        return f"{self.kind} {self.state}"

    @property
    def title(self):
        """What staff call it who send it."""
        is_link = self.kind == EmailTemplate.Kind.DOUBLE_OPT_IN
        return _("Confirmation link") if is_link else self.get_kind_display()


class Visits(models.Model):
    """How often an address of the network has used public forms on a day, under a hash that changes every day."""

    visitor = models.BinaryField(max_length=32, primary_key=True)
    day = models.DateField()
    count = models.PositiveIntegerField(default=1)

    def __str__(self):
        return f"{self.day} {self.count}"
