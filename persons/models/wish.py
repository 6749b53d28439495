from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from persons.models.person import Person
from purposes.models import Purpose


class PreferenceRequestQuerySet(models.QuerySet):
    def waiting(self):
        """Those that staff have not seen to yet; whoever was erased or merged since needs nothing."""
        return self.filter(handled_at=None, person__erased_at=None, person__merged_into=None)


class PreferenceRequest(models.Model):
    """A person asked on their own page that a purpose be stopped which is not theirs alone to stop.

    Sales and service, say: there may be a contract, or a law. So staff decide, and record the answer.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="preference_requests", verbose_name=_("person"))
    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="+", verbose_name=_("purpose"))
    made_at = models.DateTimeField(_("asked"), db_default=Now())
    handled_at = models.DateTimeField(_("seen to"), null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("seen to by")
    )

    objects = PreferenceRequestQuerySet.as_manager()

    class Meta:
        ordering = ["made_at", "id"]
        verbose_name = _("request of a person")
        verbose_name_plural = _("requests of persons")
        constraints = [
            models.UniqueConstraint(
                "person", "purpose", condition=Q(handled_at=None), name="one_waiting_request_per_person_and_purpose"
            ),
        ]

    def __str__(self):
        return f"{self.person_id}: {self.purpose_id}"

    def handle(self, *, by) -> None:
        """Note that somebody has seen to it."""
        PreferenceRequest.objects.filter(pk=self.pk, handled_at=None).update(handled_at=Now(), handled_by=by)
