"""The ledger: what was done, what it changed, and the seals over it. Append-only, guarded by triggers."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from purposes.models import LegalBasis, Purpose, Source, SubscriptionType, Wording


class ClockTimestamp(Func):
    """The database's clock at this very moment, not at the beginning of the transaction (rules 4.6)."""

    template = "clock_timestamp()"
    output_field = models.DateTimeField()


class CurrentTransaction(Func):
    template = "pg_current_xact_id()"


class TransactionId(models.Field):
    """The full id of the transaction that wrote a row; only triggers read it."""

    def db_type(self, connection):
        return "xid8"


class Door(models.TextChoices):
    """Where an act came in."""

    PAGE = "page", _("A page of staff")
    BULK = "bulk", _("Bulk update")
    IMPORT = "import", _("Import")
    API = "api", _("API")
    COMMAND = "command", _("Command line")
    MERGE = "merge", _("Merge")
    ERASURE = "erasure", _("Erasure")
    LINK = "link", _("Link in a message")
    ONE_CLICK = "one_click", _("One-click unsubscribe")
    FORM = "form", _("Public form or page, confirmed from the address")
    COMPLAINT = "complaint", _("Complaint about spam")


OWN_DOORS = frozenset({Door.LINK, Door.ONE_CLICK, Door.FORM, Door.COMPLAINT})


class Act(models.Model):
    """One thing somebody did that changed answers."""

    class ExpressedBy(models.TextChoices):
        PERSON = "person", _("The person")
        GUARDIAN = "guardian", _("A guardian, named in the evidence")
        COMPANY = "company", _("The company")

    door = models.CharField(_("door"), max_length=12, choices=Door)
    is_own_door = models.BooleanField(_("the person acted"), help_text=_("Set by code, never chosen."))
    expressed_by = models.CharField(_("expressed by"), max_length=12, choices=ExpressedBy)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    token = models.CharField(_("key of the API token"), max_length=40, blank=True)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    request_id = models.CharField(_("request"), max_length=64, blank=True)
    operation = models.ForeignKey("persons.Operation", models.PROTECT, null=True, related_name="acts")
    recorded_at = models.DateTimeField(_("recorded"), db_default=ClockTimestamp())
    written_in = TransactionId(db_default=CurrentTransaction())

    class Meta:
        verbose_name = _("act")
        verbose_name_plural = _("acts")

    def __str__(self):
        return f"{self.get_door_display()} {self.pk}"


class ConsentEventQuerySet(models.QuerySet):
    def newest_first(self):
        return self.order_by("-id")

    def about(self, purpose=None, subscription_type=None):
        return self.filter(purpose=purpose, subscription_type=subscription_type)


class ConsentEvent(models.Model):
    """One consequence of an act: one purpose, or one subscription, of one person; from what, to what.

    For a subscription the basis after is Consent (active) or Withdrawn (ended).
    """

    class Force(models.IntegerChoices):
        """An allowance lifts a stop only if its force is not less than the stop's (rules 4.3)."""

        ORDINARY = 0, _("lifts no stop")
        EVIDENCE = 1, _("on the person's page, with a file, by somebody who may lift stops")
        OWN = 2, _("through an own door; among the stops, Objected too")

    act = models.ForeignKey(Act, models.PROTECT, related_name="events")
    person = models.ForeignKey("persons.Person", models.PROTECT, related_name="events")
    purpose = models.ForeignKey(Purpose, models.PROTECT, null=True, related_name="+")
    subscription_type = models.ForeignKey(SubscriptionType, models.PROTECT, null=True, related_name="+")
    basis_before = models.ForeignKey(LegalBasis, models.PROTECT, null=True, related_name="+")
    basis_after = models.ForeignKey(
        LegalBasis, models.PROTECT, null=True, related_name="+", help_text="NULL: no row stands any more."
    )
    source = models.ForeignKey(Source, models.PROTECT, null=True, related_name="+")
    given_at = models.DateTimeField(_("given at"), null=True, help_text="NULL: unknown; stops always have one.")
    valid_until = models.DateTimeField(_("valid until"), null=True)
    wording = models.ForeignKey(Wording, models.PROTECT, null=True, related_name="+")
    wording_digest = models.BinaryField(max_length=32, null=True)
    comment_digest = models.BinaryField(max_length=32, null=True)
    file_digest = models.BinaryField(max_length=32, null=True)
    force = models.SmallIntegerField(_("force"), choices=Force)
    is_own = models.BooleanField(_("given by the person"), default=False, help_text=_("It came through an own door."))
    is_late = models.BooleanField(_("late"), default=False, help_text=_("Kept, without changing what stands."))
    undoes = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        related_name="undone_by",
        help_text="What stood before that one stands again.",
    )

    objects = ConsentEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose=None, subscription_type__isnull=False)
                | Q(purpose__isnull=False, subscription_type=None),
                name="an_event_is_about_a_purpose_or_a_subscription",
            ),
        ]
        indexes = [
            models.Index("person", F("id").desc(), name="history_of_a_person"),
        ]

    def __str__(self):
        return f"{self.purpose_id or self.subscription_type_id}: {self.basis_before_id} -> {self.basis_after_id}"


class ActNote(models.Model):
    """Why somebody did it, in their own words. Erasable, and so beside the act."""

    act = models.OneToOneField(Act, models.PROTECT, primary_key=True, related_name="note")
    text = models.TextField(_("reason"))

    class Meta:
        verbose_name = _("reason")
        verbose_name_plural = _("reasons")

    def __str__(self):
        return self.text


def unguessable(_evidence: "Evidence", _name: str) -> str:
    return f"evidence/{uuid4().hex}"


class Evidence(models.Model):
    """The comment and the file of an event. Erasable: the event keeps only digests salted with what goes away here."""

    event = models.OneToOneField(ConsentEvent, models.PROTECT, primary_key=True, related_name="evidence")
    salt = models.BinaryField(max_length=16)
    comment = models.TextField(_("comment"), blank=True)
    file = models.FileField(_("file"), upload_to=unguessable, blank=True)
    file_name = models.CharField(_("file name"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")

    def __str__(self):
        return self.comment or self.file_name


class UnsealedAct(models.Model):
    """An act that waits for its seal; put here by a trigger, in the writer's transaction."""

    act = models.OneToOneField(Act, models.PROTECT, primary_key=True, related_name="+")

    def __str__(self):
        return f"{self.act_id}"


class Seal(models.Model):
    """A hash over acts that were not sealed before, chained to the seal before it."""

    number = models.BigIntegerField(_("number"), primary_key=True)
    previous = models.BinaryField(_("previous hash"), max_length=32)
    format = models.SmallIntegerField(_("format"))
    acts = models.IntegerField(_("acts"))
    events = models.IntegerField(_("events"))
    root = models.BinaryField(_("Merkle root"), max_length=32)
    hash = models.BinaryField(_("hash"), max_length=32)
    sealed_at = models.DateTimeField(_("sealed"), db_default=ClockTimestamp())

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")

    def __str__(self):
        return f"{self.number} {bytes(self.hash).hex()}"


class LedgerCheck(models.Model):
    """One run of `verify_ledger`: when, and whether everything was in order."""

    checked_at = models.DateTimeField(_("checked"), db_default=ClockTimestamp())
    is_whole = models.BooleanField(_("whole"))

    class Meta:
        ordering = ["-id"]
        verbose_name = _("check of the ledger")
        verbose_name_plural = _("checks of the ledger")

    def __str__(self):
        return f"{self.checked_at:%Y-%m-%d %H:%M} {self.is_whole}"


class SealedAct(models.Model):
    """In which seal an act stands, and as the how-manieth."""

    act = models.OneToOneField(Act, models.PROTECT, primary_key=True, related_name="sealed")
    seal = models.ForeignKey(Seal, models.PROTECT, related_name="sealed_acts")
    position = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("seal", "position", name="positions_in_a_seal_are_unique")]

    def __str__(self):
        return f"{self.seal_id}/{self.position}"
