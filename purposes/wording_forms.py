"""The forms of what people are shown when they are asked."""

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .models import PrivacySettings, Wording
from .setting_forms import SettingForm

TEXTS = ["approval_text", "description", "statement_title", "statement_url"]
MINOR, AGAIN = "minor", "again"


class Day(forms.DateField):
    """A day of the company's calendar."""

    def __init__(self, **options: Any):
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)


class WordingForm(SettingForm):
    """The texts of one purpose in one language. Where answers rest on the latest one, saving makes the next."""

    statement_url = forms.URLField(
        label=_("Address of the privacy statement"),
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text=_("Where the whole statement stands; it begins with https://."),
    )
    importance = forms.ChoiceField(
        label=_("What has changed"),
        choices=[
            (MINOR, _("A minor correction: whoever said yes to the old text has said yes to this one")),
            (AGAIN, _("People must be asked again: a yes to the old text stops counting on the day below")),
        ],
        widget=forms.RadioSelect,
        required=False,
    )
    from_day = Day(
        label=_("To be asked again by"),
        required=False,
        help_text=_("From this day on they are OFF until they say yes again. Leave them time."),
    )

    class Meta:
        model = Wording
        fields = TEXTS
        widgets = {
            "approval_text": forms.Textarea(attrs={"rows": 3}),
            "description": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {
            "approval_text": _("The sentence that a person says yes to, beside the switch."),
            "description": _("More about it, below the sentence."),
            "statement_title": _("For example Privacy statement."),
        }

    def __init__(self, *args: Any, is_frozen: bool, **options: Any):
        self.is_frozen = is_frozen
        super().__init__(*args, **options)

    def last_saved(self) -> tuple[Any, Any]:
        return self.instance.created_by, self.instance.created_at

    def shape(self) -> None:
        if not self.is_frozen:
            del self.fields["importance"], self.fields["from_day"]

    def clean(self) -> dict[str, Any]:
        facts = super().clean()
        if facts.get("importance") == AGAIN:
            self.check_day(facts.get("from_day"))
        elif self.is_frozen and not facts.get("importance") and not self.is_as_before():
            self.add_error("importance", _("Say what has changed: answers rest on the present text."))
        return facts

    def check_day(self, day: date | None) -> None:
        if "from_day" in self.errors:
            return
        if not day:
            self.add_error("from_day", _("Say from which day on."))
        elif day < timezone.localdate(timezone=zone()):
            self.add_error("from_day", _("This day is over. Choose today or a later day."))

    def is_as_before(self) -> bool:
        return bool(self.instance.pk) and not set(TEXTS) & set(self.changed_data)

    def save_by(self, user: Any) -> Wording:
        texts = {name: self.cleaned_data[name] for name in TEXTS}
        again = self.cleaned_data.get("importance") == AGAIN
        ask_again_by = beginning(self.cleaned_data["from_day"]) if again else None
        return self.instance.succeeded_by(texts, user, ask_again_by) if self.is_frozen else self.written(user)

    def written(self, user: Any) -> Wording:
        """Nothing rests on it yet: it may still say something else."""
        self.instance.created_by, self.instance.created_at = user, timezone.now()
        return self.save()


class AskAgainForm(SettingForm):
    """By when people whose answers rest on an old wording have to be asked again."""

    ask_again_by = Day(
        label=_("To be asked again by"),
        required=False,
        help_text=_("From this day on a consent that rests on this text is OFF. Empty: it stays good."),
    )

    class Meta:
        model = Wording
        fields = ["ask_again_by"]

    def __init__(self, *args: Any, instance: Wording, **options: Any):
        moment = instance.ask_again_by
        shown = {"ask_again_by": timezone.localdate(moment, zone()) if moment else None}
        super().__init__(*args, instance=instance, initial=shown, **options)

    def clean_ask_again_by(self) -> datetime | None:
        day = self.cleaned_data["ask_again_by"]
        return beginning(day) if day else None

    def last_saved(self) -> tuple[Any, Any]:
        return None, timezone.now()

    def save_by(self, user: Any) -> Wording:
        return self.save()


def beginning(day: date) -> datetime:
    """The first moment of a day, where the company is."""
    return datetime.combine(day, time.min, zone())


def zone() -> ZoneInfo:
    return ZoneInfo(PrivacySettings.current().time_zone)
