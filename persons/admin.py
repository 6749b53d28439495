"""The superusers' back office. What the ledger writes can be looked at here and nothing else."""

from django.contrib import admin

from persons.models import (
    Act,
    ActNote,
    BulkUpdate,
    ColumnChoice,
    Company,
    Consent,
    ConsentEvent,
    Deliverability,
    Evidence,
    ExternalId,
    FormerAddress,
    HashSecret,
    Import,
    ImportAnswer,
    ImportProblem,
    ImportRow,
    LedgerCheck,
    LinkToken,
    Operation,
    PendingConfirmation,
    Person,
    PreferenceRequest,
    Seal,
    SealedAct,
    Selection,
    SingleMessage,
    SubscribeForm,
    Subscription,
    Suppression,
    UnsealedAct,
    Upload,
    Visits,
)


class ReadOnlyAdmin(admin.ModelAdmin):
    show_full_result_count = False
    list_select_related = True

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


READ_ONLY = [
    Act,
    ActNote,
    BulkUpdate,
    ColumnChoice,
    Consent,
    ConsentEvent,
    Deliverability,
    Evidence,
    ExternalId,
    FormerAddress,
    HashSecret,
    Import,
    ImportAnswer,
    ImportProblem,
    ImportRow,
    LedgerCheck,
    LinkToken,
    Operation,
    PendingConfirmation,
    PreferenceRequest,
    Seal,
    SealedAct,
    SingleMessage,
    Subscription,
    Suppression,
    UnsealedAct,
    Upload,
    Visits,
]
admin.site.register(READ_ONLY, ReadOnlyAdmin)


class WithoutDeletionAdmin(admin.ModelAdmin):
    """Persons are erased and merged by processes of their own, which leave the ledger whole."""

    show_full_result_count = False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Person)
class PersonAdmin(WithoutDeletionAdmin):
    list_display = ["__str__", "email", "company", "no_mailings", "former_employee"]
    search_fields = ["first_name", "last_name", "email"]
    raw_id_fields = ["company"]
    list_select_related = ["company"]


@admin.register(Company)
class CompanyAdmin(WithoutDeletionAdmin):
    list_display = ["name", "country", "no_mailings"]
    search_fields = ["name"]


@admin.register(Selection)
class SelectionAdmin(admin.ModelAdmin):
    list_display = ["name", "kind", "created_at"]
    raw_id_fields = ["members"]


@admin.register(SubscribeForm)
class SubscribeFormAdmin(admin.ModelAdmin):
    list_display = ["name", "key", "language", "is_active"]
    prepopulated_fields = {"key": ["name"]}
    filter_horizontal = ["types"]
