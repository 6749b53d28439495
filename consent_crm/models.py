from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from purposes.models import Settled, tracked


class UserManager(BaseUserManager["User"]):
    def create_user(self, email, password=None, **fields):
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email):
        return self.get(email__iexact=email)


class User(AbstractUser):
    """Somebody who signs in, with the e-mail address as the name."""

    username: Any = None
    email = models.EmailField(_("e-mail address"), unique=True)
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Oslo")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[Any] = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="one_user_per_address",
                violation_error_message=_("There is already a user with this e-mail address."),
            ),
        ]

    def __str__(self):
        return self.get_full_name() or self.email


@tracked
class Retention(Settled):
    """The one row that says how long what may be forgotten is kept. The ledger is not part of it."""

    import_file_days = models.PositiveSmallIntegerField(
        _("files brought for import, in days"),
        default=7,
        validators=[MinValueValidator(1), MaxValueValidator(30)],
        help_text=_("Files that nobody imports. One that is imported or called off is removed at once."),
    )
    server_answer_months = models.PositiveSmallIntegerField(
        _("words of mail servers, in months"),
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text=_("What a mail server answered to a message. That it was sent, or why not, stays."),
    )
    mailing_history_months = models.PositiveSmallIntegerField(
        _("history of mailings, in months"),
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text=_("Who changed what about a mailing, and when. The mailing itself stays as it was sent."),
    )
    caught_mail_days = models.PositiveSmallIntegerField(
        _("caught mail of the trial, in days"), default=30, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )

    class Meta:
        verbose_name = _("retention periods")
        verbose_name_plural = _("retention periods")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_row_of_retention")]

    def __str__(self):
        return gettext("Retention")

    @classmethod
    def current(cls) -> "Retention":
        return cls.objects.get(id=1)
