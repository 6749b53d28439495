from django.urls import path

from . import email_views, history_views, list_views, page_views, views, wording_views
from .kinds import KINDS, Kind

app_name = "privacy"


def of_list(kind: Kind) -> list:
    """The pages that every list has; the purposes are listed on the Consent tab."""
    at, given = f"{kind.many}/", {"kind": kind}
    own_page = [] if kind.list_route else [path(at, list_views.entries, given, name=kind.many)]
    return [
        *own_page,
        path(f"{at}add/", list_views.add, given, name=f"add_{kind.one}"),
        path(f"{at}order/", list_views.order, given, name=f"order_{kind.many}"),
        path(f"{at}<str:key>/", list_views.entry, given, name=kind.one),
        path(f"{at}<str:key>/deactivate/", list_views.deactivate, given, name=f"deactivate_{kind.one}"),
        path(f"{at}<str:key>/restore/", list_views.restore, given, name=f"restore_{kind.one}"),
        path(f"{at}<str:key>/delete/", list_views.delete, given, name=f"delete_{kind.one}"),
    ]


urlpatterns = [
    path("", views.consent, name="consent"),
    path("register/", views.register, name="register"),
    path("purposes/<str:key>/wordings/<str:language>/", wording_views.wording, name="wording"),
    path("wordings/<int:pk>/", wording_views.version, name="version"),
    path("wordings/<int:pk>/delete/", wording_views.delete_version, name="delete_version"),
    path("bases/rights/", views.basis_rights, name="basis_rights"),
    *(route for kind in KINDS for route in of_list(kind)),
    path("email/", email_views.email, name="email"),
    path("email/add/", email_views.add_email_template, name="add_email_template"),
    path("email/<str:key>/name/", email_views.rename_email_template, name="rename_email_template"),
    path("email/<str:key>/delete/", email_views.delete_email_template, name="delete_email_template"),
    path("email/<str:key>/<str:language>/", email_views.email_text, name="email_text"),
    path("email/<str:key>/<str:language>/restore/", email_views.restore_email_text, name="restore_email_text"),
    path("pages/", page_views.pages, name="pages"),
    path("pages/sample.css", page_views.sample_style, name="sample_style"),
    path("pages/<str:language>/", page_views.page_text, name="page_text"),
    path("pages/<str:language>/sample/", page_views.sample, name="sample"),
    path("history/<str:kind>/", history_views.history, name="kind_history"),
    path("history/<str:kind>/<str:key>/", history_views.history, name="history"),
]
