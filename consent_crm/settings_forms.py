"""Forms of the Settings area."""

from django import forms
from django.conf import settings

from consent_crm.models import Retention
from mailings.models import SendingSettings
from purposes.setting_forms import SettingForm


class SendingForm(SettingForm):
    class Meta:
        model = SendingSettings
        fields = [
            "allowed_senders",
            "allowed_reply_to",
            "postal_address",
            "bounce_mailbox",
            "per_second",
            "per_second_and_domain",
            "pause_after",
            "pause_at_complaints",
            "pause_at_bounces",
        ]
        widgets = {
            "allowed_senders": forms.Textarea(attrs={"rows": 3}),
            "allowed_reply_to": forms.Textarea(attrs={"rows": 3}),
            "postal_address": forms.Textarea(attrs={"rows": 3}),
        }

    PARTS = {
        "who": ["allowed_senders", "allowed_reply_to", "postal_address", "bounce_mailbox"],
        "how_fast": ["per_second", "per_second_and_domain"],
        "until": ["pause_after", "pause_at_complaints", "pause_at_bounces"],
    }

    def parts(self):
        """The fields as the page groups them."""
        return {part: [self[name] for name in names] for part, names in self.PARTS.items()}


class RetentionForm(SettingForm):
    class Meta:
        model = Retention
        fields = ["import_file_days", "server_answer_months", "mailing_history_months", "caught_mail_days"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if not settings.TRIAL:
            del self.fields["caught_mail_days"]
