from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from persons.models.person import Person
from purposes.models import Purpose, SubscriptionType


class LinkToken(models.Model):
    """A link in a message to a person. The link holds a random token, this row its hash (rules 5.2).

    What one click ends is decided when the message is handed over (rules 5.3): a subscription type, a purpose, or
    nothing, where the message only led to the preferences.
    """

    token_hash = models.BinaryField(max_length=32, primary_key=True)
    person = models.ForeignKey(Person, models.CASCADE, related_name="link_tokens")
    address_hash = models.BinaryField(
        max_length=32,
        null=True,
        help_text="The address it went to; after a change of address it can only stop.",
    )
    purpose = models.ForeignKey(Purpose, models.PROTECT, null=True, related_name="+")
    subscription_type = models.ForeignKey(SubscriptionType, models.PROTECT, null=True, related_name="+")
    language = models.CharField(
        _("language"), max_length=8, blank=True, default="", db_default="", help_text="That of the message it stood in."
    )
    made_at = models.DateTimeField(_("made"), db_default=Now())
    left_at = models.DateTimeField(_("left by it"), null=True, help_text="When something was first stopped with it.")

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose=None) | Q(subscription_type=None), name="one_click_ends_one_thing"
            ),
        ]

    def __str__(self):
        return f"{self.person_id} {self.purpose_id or self.subscription_type_id or ''}"
