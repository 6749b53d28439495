"""The whole site on one page."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from persons import public

from . import caught_views, views

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("persons/", include("persons.urls")),
    path("privacy/", include("purposes.urls")),
    path("u/<str:token>", public.unsubscribe, name="unsubscribe"),  # mail programs lose slashes: never a redirect
    path("u/<str:token>/", public.unsubscribe, name="unsubscribe"),
    path("caught/", include((caught_views.urlpatterns, "caught"))),
    path("p/<str:token>/", public.preferences, name="preferences"),
    path("admin/", admin.site.urls),
]
