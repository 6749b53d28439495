from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from persons.models.ledger import Act
from persons.models.person import Person
from purposes.models import LegalBasis, Purpose, Source, SubscriptionType


class OperationQuerySet(models.QuerySet):
    def unfinished(self):
        return self.filter(state__in=[Operation.State.WAITING, Operation.State.RUNNING])

    def under_way(self):
        """Waiting for the worker, or in its hands."""
        return self.filter(state__in=[Operation.State.CHECKING, Operation.State.WAITING, Operation.State.RUNNING])

    def seen_by(self, user):
        """Those on the page of operations: all but what was checked and not begun by somebody else."""
        return self.exclude(~models.Q(created_by=user), state__in=[Operation.State.CHECKING, Operation.State.CHECKED])


class Operation(models.Model):
    """An undertaking over many persons: many acts, one after the other, that belong together.

    `done` counts the answers whose acts are committed, so that a killed one goes on where it stood.
    """

    class Kind(models.TextChoices):
        IMPORT = "import", _("Import")
        BULK_UPDATE = "bulk_update", _("Bulk update")
        UNDO = "undo", _("Undo")
        EXPORT = "export", _("Export")
        REPORT = "report", _("Personal data report")

    class State(models.TextChoices):
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked, not begun")
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.WAITING)
    total = models.PositiveIntegerField(_("answers in all"), default=0)
    done = models.PositiveIntegerField(_("answers done"), default=0)
    created_at = models.DateTimeField(_("created"), db_default=Now())
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    begun_at = models.DateTimeField(_("begun"), null=True, help_text=_("By the worker that is at it now."))
    begun_with = models.PositiveIntegerField(_("done when it began"), default=0)
    finished_at = models.DateTimeField(_("finished"), null=True)
    counts = models.JSONField(_("what came of it"), default=dict)
    undoes = models.ForeignKey("self", models.PROTECT, null=True, related_name="undone_by")
    reason = models.TextField(_("reason"), blank=True)
    failure = models.TextField(_("why it failed"), blank=True)

    objects = OperationQuerySet.as_manager()

    class Meta:
        verbose_name = _("operation")
        verbose_name_plural = _("operations")

    def __str__(self):
        return f"{self.get_kind_display()} {self.pk}"

    def get_absolute_url(self):
        return reverse("persons:operation", args=[self.pk])

    @property
    def is_under_way(self) -> bool:
        return self.state in (self.State.CHECKING, self.State.WAITING, self.State.RUNNING)


class BulkUpdate(models.Model):
    """What a bulk update records for each of its persons: an answer, the validity of a purpose, or *No mailings*."""

    operation = models.OneToOneField(Operation, models.CASCADE, primary_key=True, related_name="bulk_update")
    purpose = models.ForeignKey(Purpose, models.PROTECT, null=True, related_name="+")
    type = models.ForeignKey(SubscriptionType, models.PROTECT, null=True, related_name="+")
    basis = models.ForeignKey(
        LegalBasis,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="NULL: it is about the validity of the purpose, or without one about No mailings.",
    )
    source = models.ForeignKey(Source, models.PROTECT, null=True, related_name="+")
    no_mailings = models.BooleanField(_("No mailings"), null=True)
    expressed_by = models.CharField(_("expressed by"), max_length=12, choices=Act.ExpressedBy)
    comment = models.TextField(_("comment"), blank=True)
    given_at = models.DateTimeField(_("given at"), null=True)
    only_if_none = models.BooleanField(_("only where none is recorded"))

    class Meta:
        verbose_name = _("bulk update")
        verbose_name_plural = _("bulk updates")

    def __str__(self):
        return f"{self.operation_id}"

    @property
    def is_of_validity(self) -> bool:
        """It gives the standing answers of its purpose the validity that the purpose has now."""
        return self.purpose_id is not None and self.basis_id is None

    @property
    def matter(self) -> Purpose | SubscriptionType | None:
        return self.purpose or self.type


class OperationPerson(models.Model):
    """What an operation came to for one person: an outcome of the ledger, `created`, `updated` or `left`.

    Before it is done, the outcome is what the dry run expects.
    """

    pk = models.CompositePrimaryKey("operation", "person")
    operation = models.ForeignKey(Operation, models.CASCADE, related_name="persons", db_index=False)
    person = models.ForeignKey(Person, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    outcome = models.CharField(_("outcome"), max_length=20, blank=True)
    is_done = models.BooleanField(_("done"), db_default=False)

    def __str__(self):
        return f"{self.operation_id}: {self.person_id} {self.outcome}"
