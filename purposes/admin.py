"""The superusers' back office; staff work in the product's own pages."""

from typing import Any

from django.contrib import admin
from django.db import models

from purposes.models import (
    AcceptedBasis,
    EmailTemplate,
    EmailText,
    LegalBasis,
    PrivacySettings,
    PublicPages,
    PublicText,
    Purpose,
    Source,
    SubscriptionType,
    Wording,
)

HTTPS: dict[Any, dict[str, str]] = {models.URLField: {"assume_scheme": "https"}}


class ListedAdmin(admin.ModelAdmin):
    list_display = ["key", "name", "position", "is_active", "is_built_in", "updated_at"]
    list_filter = ["is_active", "is_built_in"]
    search_fields = ["key", "name"]


admin.site.register([LegalBasis, Source, SubscriptionType, Purpose, EmailTemplate], ListedAdmin)


@admin.register(AcceptedBasis)
class AcceptedBasisAdmin(admin.ModelAdmin):
    list_display = ["purpose", "basis"]
    list_filter = ["purpose"]


@admin.register(Wording)
class WordingAdmin(admin.ModelAdmin):
    formfield_overrides = HTTPS
    list_display = ["purpose", "language", "number", "ask_again_by", "created_at"]
    list_filter = ["purpose", "language"]


@admin.register(EmailText)
class EmailTextAdmin(admin.ModelAdmin):
    list_display = ["template", "language", "subject", "updated_at"]
    list_filter = ["template", "language"]


@admin.register(PublicText)
class PublicTextAdmin(admin.ModelAdmin):
    formfield_overrides = HTTPS
    list_display = ["language", "heading", "updated_at"]


class OneRowAdmin(admin.ModelAdmin):
    """Settings of which there is exactly one row."""

    list_display = ["__str__", "updated_at", "updated_by"]

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


admin.site.register([PrivacySettings, PublicPages], OneRowAdmin)
