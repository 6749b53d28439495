from django.urls import path

from . import counts, history_views, list_views, operation_views, person_views, upload_views, views
from .retired import kindly

app_name = "persons"
urlpatterns = [
    path("", list_views.person_list, name="list"),
    path("columns/", list_views.choose_columns, name="columns"),
    path("bulk-update/", operation_views.bulk_update, name="bulk_update"),
    path("operations/", operation_views.operation_list, name="operations"),
    path("operations/<int:pk>/", operation_views.detail, name="operation"),
    path("operations/<int:pk>/progress/", operation_views.progress, name="operation_progress"),
    path("operations/<int:pk>/start/", operation_views.start, name="start_operation"),
    path("operations/<int:pk>/cancel/", operation_views.cancel, name="cancel_operation"),
    path("operations/<int:pk>/undo/", operation_views.undo, name="undo_operation"),
    path("operations/<int:pk>/log/", operation_views.log, name="operation_log"),
    path("import/", upload_views.imports, name="imports"),
    path("import/<int:pk>/", upload_views.detail, name="upload"),
    path("import/<int:pk>/progress/", upload_views.progress, name="import_progress"),
    path("import/<int:pk>/start/", upload_views.start, name="start_import"),
    path("import/<int:pk>/cancel/", upload_views.cancel, name="cancel_import"),
    path("import/<int:pk>/problems/", upload_views.problems, name="import_problems"),
    path("new/", person_views.new, name="new"),
    path("companies/new/", person_views.new_company, name="new_company"),
    path("companies/names/", person_views.company_names, name="company_names"),
    path("companies/<int:pk>/", person_views.company, name="company"),
    path("companies/<int:pk>/edit/", person_views.edit_company, name="edit_company"),
    path("companies/<int:pk>/no-mailings/", person_views.company_no_mailings, name="company_no_mailings"),
    path("<int:pk>/", kindly(views.detail), name="detail"),
    path("<int:pk>/edit/", kindly(person_views.edit), name="edit"),
    path("<int:pk>/history/", kindly(history_views.history), name="history"),
    path("<int:pk>/history/<int:event>/undo/", kindly(history_views.undo), name="undo"),
    path("<int:pk>/evidence/<int:event>/", history_views.evidence, name="evidence"),
    path("<int:pk>/consents/<str:key>/", kindly(views.record_consent), name="record_consent"),
    path("<int:pk>/subscriptions/<str:key>/", kindly(views.record_subscription), name="record_subscription"),
    path("<int:pk>/no-mailings/", kindly(views.set_flag), {"name": "no_mailings"}, name="no_mailings"),
    path("<int:pk>/former-employee/", kindly(views.set_flag), {"name": "former_employee"}, name="former_employee"),
    path("counts/purposes/", counts.purposes, name="purpose_counts"),
    path("counts/purposes/<str:key>/", counts.purpose_effect, name="purpose_effect"),
    path("counts/missing/<str:key>/", counts.missing, name="missing_count"),
    path("counts/in-use/<str:name>/<str:key>/", counts.in_use, name="in_use"),
    path("counts/filter/", counts.filter_effect, name="filter_effect"),
]
