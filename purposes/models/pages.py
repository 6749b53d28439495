"""How the pages look that anybody can open: the persons' own pages and the forms."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from purposes.colours import readable_on_dark, readable_on_light
from purposes.models.lists import Settled, tracked


def unguessable(_pages: "PublicPages", name: str) -> str:
    """A new name for each logo, so that a browser may keep it; only the ending of the old one stays."""
    return f"logos/{uuid4().hex}.{name.rpartition('.')[2].lower()}"


@tracked
class PublicPages(Settled):
    """The one row that says whose pages these are, and what they look like."""

    company_name = models.CharField(
        _("company name"), max_length=120, blank=True, help_text=_("What people know you by; shown where no logo is.")
    )
    logo = models.FileField(
        _("logo"), upload_to=unguessable, blank=True, help_text=_("PNG, JPEG or WebP, 1 MB at most.")
    )
    accent = models.CharField(
        _("colour on light pages"),
        max_length=7,
        default="#0b6a5b",
        validators=[readable_on_light],
        help_text=_("Of buttons and links."),
    )
    accent_on_dark = models.CharField(
        _("colour on dark pages"),
        max_length=7,
        default="#64ceb9",
        validators=[readable_on_dark],
        help_text=_("For those whose device is set to dark."),
    )
    language = models.CharField(
        _("the company's language"),
        max_length=8,
        choices=settings.LANGUAGES,
        default="en",
        help_text=_("Taken where a text is not there in the reader's."),
    )

    class Meta:
        verbose_name = _("public pages")
        verbose_name_plural = _("public pages")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_row_of_public_pages")]

    def __str__(self):
        return gettext("Public pages")

    @classmethod
    def current(cls) -> "PublicPages":
        return cls.objects.get(id=1)

    def in_language(self, language: str) -> "PublicText":
        """The texts in that language, each of them else in the company's, else empty."""
        written = {text.language: text for text in PublicText.objects.filter(language__in=[language, self.language])}
        own, companys = (written.get(one, PublicText()) for one in (language, self.language))
        texts = {name: getattr(own, name) or getattr(companys, name) for name in PublicText.TEXTS}
        return PublicText(language=language, **texts)


@tracked
class PublicText(Settled):
    """What the public pages say in one language, besides what they always say."""

    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, unique=True)
    heading = models.CharField(
        _("heading"), max_length=120, blank=True, help_text=_("Of the person's own page, in place of ours.")
    )
    intro = models.TextField(
        _("introduction"), max_length=1000, blank=True, help_text=_("Stands under the heading; plain text.")
    )
    footer = models.TextField(
        _("footer"), max_length=1000, blank=True, help_text=_("Name, address, who answers questions; plain text.")
    )
    statement_title = models.CharField(_("title of the privacy statement"), max_length=200, blank=True)
    statement_url = models.URLField(_("address of the privacy statement"), max_length=500, blank=True)

    TEXTS = ("heading", "intro", "footer", "statement_title", "statement_url")

    class Meta:
        ordering = ["language"]
        verbose_name = _("texts of the public pages")
        verbose_name_plural = _("texts of the public pages")

    def __str__(self):
        return self.get_language_display()

    @property
    def says_something(self) -> bool:
        return any(getattr(self, name) for name in self.TEXTS)
