from django.urls import path

from . import list_views, views
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
    path("bases/rights/", views.basis_rights, name="basis_rights"),
    *(route for kind in KINDS for route in of_list(kind)),
]
