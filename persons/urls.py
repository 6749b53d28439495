from django.urls import path

from . import counts, views

app_name = "persons"
urlpatterns = [
    path("", views.person_list, name="list"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/history/", views.history, name="history"),
    path("<int:pk>/evidence/<int:event>/", views.evidence, name="evidence"),
    path("<int:pk>/consents/<str:key>/", views.record_consent, name="record_consent"),
    path("<int:pk>/subscriptions/<str:key>/", views.record_subscription, name="record_subscription"),
    path("<int:pk>/no-mailings/", views.set_flag, {"name": "no_mailings"}, name="no_mailings"),
    path("<int:pk>/former-employee/", views.set_flag, {"name": "former_employee"}, name="former_employee"),
    path("counts/purposes/", counts.purposes, name="purpose_counts"),
    path("counts/purposes/<str:key>/", counts.purpose_effect, name="purpose_effect"),
    path("counts/missing/<str:key>/", counts.missing, name="missing_count"),
    path("counts/filter/", counts.filter_effect, name="filter_effect"),
]
