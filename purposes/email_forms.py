"""Forms of the E-mail tab of Privacy."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .list_forms import key_from
from .models import EmailTemplate, EmailText
from .setting_forms import SettingForm


class EmailTextForm(SettingForm):
    class Meta:
        model = EmailText
        fields = ["subject", "body"]
        widgets = {"body": forms.Textarea(attrs={"rows": 18, "class": "code", "spellcheck": "true"})}
        help_texts = {"body": _("HTML: <p>, <a>, <strong>, <ul> and the like. What runs or fetches is taken out.")}


class EmailTemplateForm(SettingForm):
    """The name of a template; a new one is a privacy confirmation, which a source can choose."""

    class Meta:
        model = EmailTemplate
        fields = ["name"]
        help_texts = {"name": _("Only your colleagues see it, where a source says which template it sends.")}

    def save_by(self, user: Any) -> EmailTemplate:
        if not self.instance.pk:
            self.instance.key = _free_key(self.cleaned_data["name"])
            self.instance.position = EmailTemplate.objects.count()
        return super().save_by(user)


def _free_key(name: str) -> str:
    """A key made from the name, with a number behind it where it is taken."""
    taken = set(EmailTemplate.objects.values_list("key", flat=True))
    stem = key_from(name)[:36] or "TEMPLATE"
    keys = (stem, *(f"{stem}_{number}" for number in range(2, len(taken) + 3)))
    return next(key for key in keys if key not in taken)
