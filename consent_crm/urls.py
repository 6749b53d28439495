"""The whole site on one page."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from mailings import person_views, selection_views, single_message_views
from mailings import public as mailings_public
from persons import api as persons_api
from persons import public, public_forms
from persons.retired import kindly
from purposes import api as purposes_api
from purposes import public as look

from . import caught_views, erasing_views, settings_views, subject_access_views, views

api = SimpleRouter(use_regex_path=False)
api.register("persons", persons_api.PersonViewSet)
api.register("purposes", purposes_api.PurposeViewSet)
api.register("bases", purposes_api.LegalBasisViewSet)
api.register("sources", purposes_api.SourceViewSet)
api.register("types", purposes_api.SubscriptionTypeViewSet)
api_patterns = [
    path("", SpectacularSwaggerSplitView.as_view(url_name="api:schema"), name="docs"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("check/", persons_api.CheckView.as_view(), name="check"),
    *api.urls,
]

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("persons/", include("persons.urls")),
    path("mailings/", include("mailings.urls")),
    path("persons/<int:pk>/mailings/", kindly(person_views.mailings_of), name="person_mailings"),
    path("persons/<int:pk>/mailings/relied-on/", person_views.relied_on, name="person_relied_on"),
    path("persons/<int:pk>/erase/", kindly(erasing_views.erase), name="erase_person"),
    path("persons/<int:pk>/data-report/", kindly(subject_access_views.page), name="data_report"),
    path("persons/<int:pk>/data-report.json", kindly(subject_access_views.file), name="data_report_file"),
    path("persons/<int:pk>/data-report.zip", kindly(subject_access_views.files), name="data_report_files"),
    path("selections/", include("persons.selection_urls")),
    path("selections/<int:pk>/delete/", selection_views.delete, name="delete_selection"),
    path("privacy/", include("purposes.urls")),
    path("privacy/email/", include((single_message_views.urlpatterns, "single_messages"))),
    path("settings/", include((settings_views.urlpatterns, "settings"))),
    path("look/<str:name>.css", look.public_style, name="public_style"),
    path("look/<str:name>", look.public_logo, name="public_logo"),
    path("u/<str:token>", public.unsubscribe, name="unsubscribe"),  # mail programs lose slashes: never a redirect
    path("u/<str:token>/", public.unsubscribe, name="unsubscribe"),
    path("v/<str:token>/", mailings_public.view_in_browser, name="view_in_browser"),
    path("i/<str:name>", mailings_public.image, name="image"),
    path("l/<str:key>/", mailings_public.follow, name="follow"),
    path("caught/", include((caught_views.urlpatterns, "caught"))),
    path("p/<str:token>/", public.preferences, name="preferences"),
    path("a/<str:token>/", public.asked_again, name="asked_again"),
    path("c/<str:token>/", public_forms.confirm, name="confirm"),
    path("subscribe/<slug:key>/", public_forms.subscribe, name="subscribe"),
    path("api/", include((api_patterns, "api"))),
    path("admin/", admin.site.urls),
]
