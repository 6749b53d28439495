"""What people were shown when they were asked (GDPR article 7(1))."""

import hashlib
import json

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from purposes.models.lists import Purpose, tracked


class WordingQuerySet(models.QuerySet):
    def latest_of(self, purpose, language):
        """The wording to show today, in that language, else in English, else none."""
        wordings = self.filter(purpose=purpose).order_by("-number")
        return wordings.filter(language=language).first() or wordings.filter(language="en").first()


@tracked
class Wording(models.Model):
    """What a person was shown when asked about a purpose.

    Frozen once an answer rests on it, by a trigger of the room of persons: a changed text is the next number.
    """

    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="wordings", verbose_name=_("purpose"))
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES)
    number = models.PositiveIntegerField(_("number"))
    approval_text = models.TextField(_("approval text"))
    description = models.TextField(_("description"), blank=True)
    statement_title = models.CharField(_("title of the privacy statement"), max_length=200, blank=True)
    statement_url = models.URLField(_("address of the privacy statement"), max_length=500, blank=True)
    ask_again_by = models.DateTimeField(
        _("to be asked again by"),
        null=True,
        blank=True,
        help_text=_("From then on a consent that rests on this wording no longer counts. Empty: it stays good."),
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )

    TEXTS = (
        "purpose_id",
        "language",
        "number",
        "approval_text",
        "description",
        "statement_title",
        "statement_url",
    )

    objects = WordingQuerySet.as_manager()

    class Meta:
        ordering = ["purpose", "language", "-number"]
        verbose_name = _("wording")
        verbose_name_plural = _("wordings")
        constraints = [
            models.UniqueConstraint("purpose", "language", "number", name="wordings_are_numbered_per_language"),
        ]

    def __str__(self):
        return f"{self.purpose_id} {self.language} {self.number}"

    def succeeded_by(self, texts: dict[str, str], user, ask_again_by=None) -> "Wording":
        """The next version in its language; with a moment, what rests on older ones is good until then."""
        versions = Wording.objects.filter(purpose=self.purpose_id, language=self.language)
        if ask_again_by:
            versions.filter(Q(ask_again_by=None) | Q(ask_again_by__gt=ask_again_by)).update(ask_again_by=ask_again_by)
        return Wording.objects.create(
            purpose_id=self.purpose_id, language=self.language, number=self.number + 1, created_by=user, **texts
        )

    def digest(self) -> bytes:
        """SHA-256 over what was shown, for the events that rest on it."""
        texts = [getattr(self, name) for name in self.TEXTS]
        return hashlib.sha256(json.dumps(texts, ensure_ascii=False).encode()).digest()
