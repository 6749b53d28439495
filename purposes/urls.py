from django.urls import path

from . import views

app_name = "privacy"
urlpatterns = [
    path("", views.consent, name="consent"),
    path("bases/rights/", views.basis_rights, name="basis_rights"),
    path("purposes/add/", views.add_purpose, name="add_purpose"),
    path("purposes/<str:key>/", views.purpose, name="purpose"),
    path("purposes/<str:key>/deactivate/", views.deactivate_purpose, name="deactivate_purpose"),
    path("purposes/<str:key>/restore/", views.restore_purpose, name="restore_purpose"),
]
