"""From whom, how fast and until what mailings go out."""

from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mailings.headers import mailbox
from purposes.models import Settled, tracked


def lines(written: str) -> list[str]:
    return [line.strip() for line in written.splitlines() if line.strip()]


def addresses_or_domains(written: str) -> None:
    """Validator: each line is an address (news@example.com) or a domain (example.com)."""
    for line in lines(written):
        try:
            mailbox(line if "@" in line or "." not in line else f"x@{line}")
        except ValidationError as error:
            raise ValidationError(
                _("“%(line)s” is neither an e-mail address nor a domain."), code="sender", params={"line": line}
            ) from error


@tracked
class SendingSettings(Settled):
    """The one row of settings of sending."""

    allowed_senders = models.TextField(
        _("allowed senders"),
        blank=True,
        validators=[addresses_or_domains],
        help_text=_("One a line: an address, or a domain for all of its addresses. Empty: any."),
    )
    allowed_reply_to = models.TextField(
        _("allowed reply addresses"),
        blank=True,
        validators=[addresses_or_domains],
        help_text=_("One a line, as above. Empty: any."),
    )
    postal_address = models.TextField(
        _("postal address"), max_length=400, blank=True, help_text=_("Stands at the foot of every mailing.")
    )
    per_second = models.PositiveIntegerField(
        _("messages a second, each mailing"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: as fast as the mail server takes them."),
    )
    per_second_and_domain = models.PositiveIntegerField(
        _("messages a second, each receiving domain"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Of all mailings together; large providers slow down who sends too fast. Empty: no limit."),
    )
    bounce_mailbox = models.EmailField(
        _("bounce mailbox"),
        blank=True,
        help_text=_("Where messages that could not be delivered come back. Empty: b+…@ at the domain of bounces."),
    )
    pause_after = models.PositiveIntegerField(
        _("look at the rates after"),
        default=1000,
        validators=[MinValueValidator(1)],
        help_text=_("So many messages of a mailing; before, a single one would weigh too much."),
    )
    pause_at_complaints = models.DecimalField(
        _("pause at complaints, per cent"),
        max_digits=4,
        decimal_places=2,
        default=Decimal("0.10"),
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(Decimal("0.30"))],
        help_text=_("Providers want less than 0.1 and stop trusting a sender at 0.3."),
    )
    pause_at_bounces = models.DecimalField(
        _("pause at undeliverable messages, per cent"),
        max_digits=4,
        decimal_places=2,
        default=Decimal("2.00"),
        validators=[MinValueValidator(Decimal("0.10")), MaxValueValidator(Decimal("10.00"))],
    )

    class Meta:
        verbose_name = _("settings of sending")
        verbose_name_plural = _("settings of sending")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_row_of_sending_settings")]

    def __str__(self):
        return gettext("Sending")

    @classmethod
    def current(cls) -> "SendingSettings":
        return cls.objects.get(id=1)

    @property
    def return_path(self) -> str:
        """An address per message, so that a bounce says whose it is: with a place for the message's `key`."""
        return self._read_by_us("b", "key")

    @property
    def unsubscribing(self) -> str:
        """An address per message that unsubscribes, with a place for its `token`; empty where nobody reads mail."""
        return self._read_by_us("u", "token") if self.bounce_mailbox or settings.BOUNCES_ARE_READ else ""

    def _read_by_us(self, name: str, place: str) -> str:
        mailbox, _at, domain = (self.bounce_mailbox or f"{name}@{settings.BOUNCE_DOMAIN}").rpartition("@")
        return f"{mailbox}+{{{place}}}@{domain.encode('idna').decode()}"

    def may_send_as(self, sender: str) -> bool:
        """Whether a mailing may come from this mailbox, `Shop <news@example.com>` or bare."""
        return _is_among(self.allowed_senders, sender)

    def may_reply_to(self, address: str) -> bool:
        return _is_among(self.allowed_reply_to, address)


def _is_among(allowed: str, written: str) -> bool:
    address = mailbox(written)
    names = {line.lower() for line in lines(allowed)}
    return not names or not names.isdisjoint({address.addr_spec.lower(), address.domain.lower()})
