"""What a message says, templates for it, and the images in it."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mailings.merge_fields import known, known_in_html

one_line = RegexValidator(r"^[^\r\n\x00]*\Z", _("This must be a single line."))


class Content(models.Model):
    """What a message says: of a mailing, or of a template for mailings."""

    class BodyKind(models.TextChoices):
        WRITTEN = "written", _("Written here")
        SOURCE = "source", _("HTML source")

    subject = models.CharField(_("subject"), max_length=200, validators=[one_line, known])
    preheader = models.CharField(_("preheader"), max_length=200, blank=True, validators=[one_line, known])
    body_kind = models.CharField(
        _("kind of body"),
        max_length=10,
        choices=BodyKind,
        default=BodyKind.WRITTEN,
        help_text=_("HTML source is never loaded into the editor, which would take its layout apart."),
    )
    body = models.TextField(
        _("body"),
        blank=True,
        validators=[known_in_html],
        help_text=_("HTML, kept as written and cleaned when it is shown or sent."),
    )
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="en")

    class Meta:
        abstract = True


class MailingTemplate(Content):
    """The content of a mailing, kept under a name to begin others with."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("mailing template")
        verbose_name_plural = _("mailing templates")

    def __str__(self):
        return self.name


class HostedImage(models.Model):
    """An image for mailings, as we serve it to everybody who knows its random name."""

    name = models.CharField(max_length=40, primary_key=True)
    file = models.FileField(upload_to="images/")
    content_type = models.CharField(max_length=20)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    size = models.PositiveIntegerField(_("size"), help_text="In bytes.")
    alt = models.CharField(_("what it shows"), max_length=250)
    uploaded_at = models.DateTimeField(_("uploaded"), db_default=Now(), editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        ordering = ["-uploaded_at", "name"]
        verbose_name = _("image")
        verbose_name_plural = _("images")

    def __str__(self):
        return self.alt

    @property
    def url(self) -> str:
        """Its address in a message."""
        return self.beginning() + self.name

    @property
    def shown_width(self) -> int:
        """Its width in a message, in CSS pixels: no more than a message is wide."""
        return min(self.width, 640)

    @staticmethod
    def beginning() -> str:
        """How the addresses of all our images begin."""
        return settings.SITE_URL.rstrip("/") + reverse("image", args=["x"]).removesuffix("x")
