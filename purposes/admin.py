"""The superusers' back office; staff work in the product's own pages."""

from django.contrib import admin

from purposes.models import AcceptedBasis, LegalBasis, PrivacySettings, Purpose, Source, SubscriptionType, Wording


class ListedAdmin(admin.ModelAdmin):
    list_display = ["key", "name", "position", "is_active", "is_built_in", "updated_at"]
    list_filter = ["is_active", "is_built_in"]
    search_fields = ["key", "name"]


admin.site.register([LegalBasis, Source, SubscriptionType, Purpose], ListedAdmin)


@admin.register(AcceptedBasis)
class AcceptedBasisAdmin(admin.ModelAdmin):
    list_display = ["purpose", "basis"]
    list_filter = ["purpose"]


@admin.register(Wording)
class WordingAdmin(admin.ModelAdmin):
    list_display = ["purpose", "language", "number", "ask_again_by", "created_at"]
    list_filter = ["purpose", "language"]


@admin.register(PrivacySettings)
class PrivacySettingsAdmin(admin.ModelAdmin):
    list_display = ["__str__", "set_default_basis", "default_basis", "filter_recipients", "updated_at"]

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
