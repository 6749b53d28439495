"""The texts of messages to one person: privacy confirmation, double opt-in, preference link (rules 3, kinds)."""

import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from purposes import shipped_texts
from purposes.merge_fields import Fields
from purposes.models.lists import BUILT_IN_STAYS, Listed, Settled, tracked
from purposes.models.pages import PublicPages

one_line = RegexValidator(r"^[^\r\n\x00]*\Z", _("This must be a single line."))

OF_A_PERSON = ("first_name", "last_name", "full_name", "title", "company", "email", "our_company")


@tracked
class EmailTemplate(Listed):
    """A message that goes to one person; its texts stand per language. The built-in one of each kind has its key."""

    class Kind(models.TextChoices):
        PRIVACY_CONFIRMATION = "PRIVACY_CONFIRMATION", _("Privacy confirmation")
        DOUBLE_OPT_IN = "DOUBLE_OPT_IN", _("Double opt-in")
        PREFERENCE_LINK = "PREFERENCE_LINK", _("Preference link")

    FIELDS = {
        Kind.PRIVACY_CONFIRMATION: Fields(
            (*OF_A_PERSON, "legal_basis", "source"), links=("preferences_url",), needed=("preferences_url",)
        ),
        Kind.DOUBLE_OPT_IN: Fields(
            ("email", "our_company", "asked_for"), links=("confirm_url",), needed=("confirm_url",)
        ),
        Kind.PREFERENCE_LINK: Fields(OF_A_PERSON, links=("preferences_url",), needed=("preferences_url",)),
    }

    OCCASIONS = {
        Kind.PRIVACY_CONFIRMATION: _("A person was added from a source that sends it"),
        Kind.DOUBLE_OPT_IN: _("Somebody subscribed on a public page and has to confirm"),
        Kind.PREFERENCE_LINK: _("A colleague sends a person the link to their own page"),
    }

    kind = models.CharField(_("kind"), max_length=24, choices=Kind)

    class Meta(Listed.Meta):
        verbose_name = _("e-mail template")
        verbose_name_plural = _("e-mail templates")
        triggers = [pgtrigger.ReadOnly(name="kind_stays", fields=["key", "kind"]), BUILT_IN_STAYS]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_active=True) | models.Q(is_built_in=False),
                name="built_in_templates_stay_active",
                violation_error_message=_("This template is built in and cannot be deactivated."),
            ),
        ]

    @property
    def fields(self) -> Fields:
        """The merge fields that its texts know."""
        return self.FIELDS[self.Kind(self.kind)]

    @property
    def occasion(self) -> str:
        """When it is sent, in words."""
        return str(self.OCCASIONS[self.Kind(self.kind)])

    def in_language(self, language: str) -> "EmailText":
        """Its text in that language, else in the company's, else as shipped (not saved then)."""
        written = {text.language: text for text in self.texts.all()}
        return written.get(language) or written.get(PublicPages.current().language) or self.shipped(language)

    def shipped(self, language: str) -> "EmailText":
        """The text that comes with the product, not saved."""
        subject, paragraphs = getattr(shipped_texts, self.kind)
        with translation.override(language):
            body = "\n".join(gettext(paragraph) for paragraph in paragraphs)
            return EmailText(template=self, language=language, subject=gettext(subject), body=body)


@tracked
class EmailText(Settled):
    """The text of a template in one language, where it is not the shipped one."""

    template = models.ForeignKey(EmailTemplate, models.CASCADE, related_name="texts", verbose_name=_("template"))
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES)
    subject = models.CharField(_("subject"), max_length=200, validators=[one_line])
    body = models.TextField(_("body"), help_text=_("HTML, kept as written and cleaned when it is shown or sent."))

    class Meta:
        ordering = ["template", "language"]
        verbose_name = _("text of an e-mail template")
        verbose_name_plural = _("texts of e-mail templates")
        constraints = [
            models.UniqueConstraint("template", "language", name="one_text_per_template_and_language"),
        ]

    def __str__(self):
        return f"{self.template} {self.language}"

    def clean(self):
        checks = {"subject": self.template.fields.check, "body": self.template.fields.check_html}
        refused = {}
        for name, check in checks.items():
            try:
                check(getattr(self, name))
            except ValidationError as error:
                refused[name] = error
        if refused:
            raise ValidationError(refused)
