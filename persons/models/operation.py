from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class OperationQuerySet(models.QuerySet):
    def unfinished(self):
        return self.filter(state__in=[Operation.State.WAITING, Operation.State.RUNNING])


class Operation(models.Model):
    """An undertaking over many persons: many acts, one after the other, that belong together.

    `done` counts the answers whose acts are committed, so that a killed one goes on where it stood.
    """

    class Kind(models.TextChoices):
        IMPORT = "import", _("Import")
        BULK_UPDATE = "bulk_update", _("Bulk update")
        UNDO = "undo", _("Undo")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.WAITING)
    total = models.PositiveIntegerField(_("answers in all"), default=0)
    done = models.PositiveIntegerField(_("answers done"), default=0)
    created_at = models.DateTimeField(_("created"), db_default=Now())
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    finished_at = models.DateTimeField(_("finished"), null=True)

    objects = OperationQuerySet.as_manager()

    class Meta:
        verbose_name = _("operation")
        verbose_name_plural = _("operations")

    def __str__(self):
        return f"{self.get_kind_display()} {self.pk}"
