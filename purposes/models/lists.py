"""What may be asked of people, and on which grounds (rules 1 and 2)."""

from typing import TYPE_CHECKING

import pghistory
import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from purposes.models.wordings import Wording

STORE, EMARKETING = "STORE", "EMARKETING"
CONSENT, LEGITIMATE_INTEREST = "61A", "61F"
WITHDRAWN, OBJECTED, REFUSED = "WITHDRAWN", "OBJECTED", "REFUSED"
ARTICLE_CONSENT, ARTICLE_LEGITIMATE_INTEREST = "6(1)(a)", "6(1)(f)"

key_validator = RegexValidator(
    r"^[A-Z0-9][A-Z0-9_]{0,39}\Z", _("Use capital letters A to Z, digits and underscores, 40 at most.")
)


def tracked(model):
    """Keep every state a setting has had, with who and when: by triggers, whoever writes."""
    return pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())(model)


class Settled(models.Model):
    """Something that administrators set, with who changed it last."""

    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("updated by"),
    )

    class Meta:
        abstract = True


class ListedQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)


class Listed(Settled):
    """An entry of one of the lists that administrators keep.

    Its key is what rules, files and the API go by. The name is for people and may change at any time; one
    still as shipped is shown in the reader's language.
    """

    key = models.CharField(_("key"), max_length=40, primary_key=True, validators=[key_validator])
    name = models.CharField(_("name"), max_length=120)
    position = models.PositiveIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("active"), default=True)
    is_built_in = models.BooleanField(_("built in"), default=False, editable=False)

    objects = ListedQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["position", "key"]

    def __str__(self):
        return gettext(self.name)

    def said(self, field: str) -> str:
        """A text as the reader sees it: in their language, where it is still as shipped."""
        text = getattr(self, field, "")
        return gettext(text) if text and self.is_built_in else text


BUILT_IN_STAYS = pgtrigger.Protect(
    name="built_in_stays", operation=pgtrigger.Delete, condition=pgtrigger.Q(old__is_built_in=True)
)


@tracked
class LegalBasis(Listed):
    """A ground of the list "Privacy - Legal basis": it allows the processing, or it stops it."""

    article = models.CharField(_("article of the GDPR"), max_length=20, blank=True, help_text=_("For example 6(1)(a)."))
    allows = models.BooleanField(_("allows the processing"), help_text=_("Otherwise it stops it."))
    help_text = models.TextField(_("help text"), blank=True)
    rights = models.TextField(_("rights that follow from it"), blank=True)

    NOT_CHOSEN = _("The ground on which the data is used, or the way in which the person said no.")

    @property
    def title(self) -> str:
        return f"{self} ({gettext('art.')} {self.article})" if self.article else str(self)

    @property
    def said_rights(self) -> str:
        return self.said("rights")

    @property
    def explained(self) -> str:
        """What it is and which rights follow from it, in one line."""
        return " ".join(text for text in (self.said("help_text"), self.said_rights) if text)

    class Meta(Listed.Meta):
        verbose_name = _("legal basis")
        verbose_name_plural = _("legal bases")
        triggers = [
            pgtrigger.ReadOnly(name="key_article_and_effect_stay", fields=["key", "article", "allows"]),
            pgtrigger.Trigger(
                name="default_basis_stays_active",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__is_active=False),
                func="""
                    IF EXISTS (SELECT FROM purposes_privacysettings WHERE default_basis_id = NEW.key) THEN
                        RAISE 'The default legal basis stays active.' USING ERRCODE = 'restrict_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            BUILT_IN_STAYS,
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_active=True) | ~Q(key=WITHDRAWN),
                name="withdrawn_stays_active",
                violation_error_message=_("Withdrawn cannot be deactivated: people must always be able to withdraw."),
            ),
        ]

    def clean(self):
        if not self.is_active and PrivacySettings.objects.filter(default_basis=self.pk).exists():
            raise ValidationError(
                gettext("%(name)s is the default legal basis and cannot be deactivated. Choose another default first.")
                % {"name": self}
            )


@tracked
class Source(Listed):
    """How an answer reached us, a row of the list "Privacy - Source"."""

    description = models.TextField(_("description"), blank=True)
    sends_confirmation = models.BooleanField(
        _("Send the privacy confirmation e-mail to a new person"),
        default=False,
        help_text=_("Whoever is added with an answer from this source is told by e-mail what is kept, and why."),
    )
    confirmation_template = models.ForeignKey(
        "purposes.EmailTemplate",
        models.PROTECT,
        null=True,
        blank=True,
        limit_choices_to={"kind": "PRIVACY_CONFIRMATION", "is_active": True},
        related_name="sources",
        verbose_name=_("template"),
    )

    class Meta(Listed.Meta):
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        triggers = [BUILT_IN_STAYS]
        constraints = [
            models.CheckConstraint(
                condition=Q(sends_confirmation=False) | Q(confirmation_template__isnull=False),
                name="who_confirms_has_a_template",
                violation_error_message=_("Choose the template of the privacy confirmation e-mail."),
            ),
        ]


@tracked
class SubscriptionType(Listed):
    """A kind of mailing that a person can subscribe to."""

    description = models.TextField(_("description"), blank=True)
    is_public = models.BooleanField(
        _("public"), default=True, help_text=_("Public types are offered on the person's own pages.")
    )

    class Meta(Listed.Meta):
        verbose_name = _("subscription type")
        verbose_name_plural = _("subscription types")
        triggers = [BUILT_IN_STAYS]


@tracked
class Purpose(Listed):
    """A reason for which the company keeps or uses a person's data (GDPR article 5(1)(b))."""

    description = models.TextField(_("description"), blank=True)
    accepted_bases = models.ManyToManyField(
        LegalBasis,
        through="AcceptedBasis",
        related_name="purposes",
        verbose_name=_("legal bases accepted"),
        limit_choices_to={"allows": True},
    )
    validity_months = models.PositiveSmallIntegerField(
        _("validity in months"), null=True, blank=True, help_text=_("Left empty, an answer never runs out.")
    )

    data_categories = models.TextField(_("categories of data"), blank=True)
    data_recipients = models.TextField(_("recipients of the data"), blank=True)
    storage_period = models.TextField(_("storage period"), blank=True)

    @property
    def said_description(self) -> str:
        return self.said("description")

    @cached_property
    def current_wordings(self) -> list["Wording"]:
        """What is shown today, language by language."""
        newest_first = self.wordings.select_related("created_by").order_by("language", "-number")
        return list(newest_first.distinct("language"))

    @property
    def languages_without_wording(self) -> list[tuple[str, str]]:
        written = {wording.language for wording in self.current_wordings}
        return [(code, name) for code, name in settings.LANGUAGES if code not in written]

    class Meta(Listed.Meta):
        verbose_name = _("purpose")
        verbose_name_plural = _("purposes")
        triggers = [BUILT_IN_STAYS]
        constraints = [
            models.CheckConstraint(
                condition=Q(validity_months__isnull=True) | Q(validity_months__gt=0),
                name="validity_is_a_month_or_more",
                violation_error_message=_("A validity is one month or more; leave it empty for no end."),
            ),
            models.CheckConstraint(
                condition=Q(is_active=True) | ~Q(key__in=[STORE, EMARKETING]),
                name="built_in_purposes_stay_active",
                violation_error_message=_("This purpose is built in and cannot be deactivated."),
            ),
        ]


@tracked
class AcceptedBasis(models.Model):
    """That a purpose accepts a legal basis."""

    purpose = models.ForeignKey(Purpose, models.CASCADE, related_name="acceptances")
    basis = models.ForeignKey(LegalBasis, models.PROTECT, related_name="acceptances")

    class Meta:
        constraints = [
            models.UniqueConstraint("purpose", "basis", name="a_purpose_accepts_a_basis_once"),
        ]

    def __str__(self):
        return f"{self.purpose_id} {self.basis_id}"


@tracked
class PrivacySettings(Settled):
    """The one row of settings that decide about consent."""

    set_default_basis = models.BooleanField(_("Set default legal basis"), default=True)
    default_basis = models.ForeignKey(
        LegalBasis,
        models.PROTECT,
        default=LEGITIMATE_INTEREST,
        related_name="+",
        verbose_name=_("Default legal basis"),
    )
    filter_recipients = models.BooleanField(
        _("Filter recipients based on e-marketing consent and active subscriptions"), default=True
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        default="Europe/Oslo",
        help_text=_("Dates without a time zone are read in this one."),
    )

    class Meta:
        verbose_name = _("privacy settings")
        verbose_name_plural = _("privacy settings")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_row_of_privacy_settings")]

    def __str__(self):
        return gettext("Privacy settings")

    @classmethod
    def current(cls) -> "PrivacySettings":
        return cls.objects.get(id=1)
