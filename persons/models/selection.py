from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from persons.models.person import Person


class Selection(models.Model):
    """A saved set of persons: its members, or a saved filter."""

    class Kind(models.TextChoices):
        STATIC = "static", _("Static selection")
        DYNAMIC = "dynamic", _("Dynamic selection")

    name = models.CharField(_("name"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.STATIC)
    filter = models.JSONField(_("filter"), default=dict, blank=True)
    members = models.ManyToManyField(Person, related_name="selections", blank=True, verbose_name=_("members"))
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    counted = models.PositiveIntegerField(_("persons when last counted"), null=True, editable=False)
    counted_at = models.DateTimeField(_("last counted"), null=True, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("selection")
        verbose_name_plural = _("selections")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="dynamic") | Q(filter={}), name="only_a_dynamic_selection_has_a_filter"
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def is_dynamic(self) -> bool:
        return self.kind == self.Kind.DYNAMIC


class ColumnChoice(models.Model):
    """The columns that one user chose for lists of persons."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    columns = models.JSONField(_("columns"), default=list)

    class Meta:
        verbose_name = _("choice of columns")
        verbose_name_plural = _("choices of columns")

    def __str__(self):
        return f"{self.user_id}"
