"""Forms of the Pages tab of Privacy."""

from typing import Any

from django import forms
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from . import pictures
from .models import PublicPages, PublicText
from .setting_forms import SettingForm


class LogoField(forms.FileField):
    """A picture, checked and written anew."""

    widget = forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"})

    def clean(self, data: Any, initial: Any = None) -> ContentFile | None:
        upload = super().clean(data, initial)
        return pictures.logo(upload) if upload and upload is not initial else None


class PublicPagesForm(SettingForm):
    new_logo = LogoField(label=_("Logo"), required=False, help_text=_("PNG, JPEG or WebP, 1 MB at most."))
    without_logo = forms.BooleanField(label=_("Remove the logo"), required=False)

    class Meta:
        model = PublicPages
        fields = ["company_name", "accent", "accent_on_dark", "language"]
        widgets = {
            "accent": forms.TextInput(attrs={"type": "color"}),
            "accent_on_dark": forms.TextInput(attrs={"type": "color"}),
        }

    field_order = ["company_name", "new_logo", "without_logo", "accent", "accent_on_dark", "language"]

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        if not self.instance.logo:
            del self.fields["without_logo"]

    def save_by(self, user: Any) -> PublicPages:
        """With the file of a logo that is not shown any more removed, once all is saved."""
        before = self.instance.logo.name
        if new := self.cleaned_data["new_logo"]:
            self.instance.logo.save(new.name, new, save=False)
        elif self.cleaned_data.get("without_logo"):
            self.instance.logo = ""
        if before and self.instance.logo.name != before:
            transaction.on_commit(lambda: default_storage.delete(before))
        return super().save_by(user)


class PublicTextForm(SettingForm):
    statement_url = forms.URLField(
        label=_("Address of the privacy statement"), required=False, max_length=500, assume_scheme="https"
    )

    class Meta:
        model = PublicText
        fields = ["heading", "intro", "footer", "statement_title", "statement_url"]
        widgets = {"intro": forms.Textarea(attrs={"rows": 4}), "footer": forms.Textarea(attrs={"rows": 3})}
