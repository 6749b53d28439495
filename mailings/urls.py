from django.urls import path

from . import content_views, recipient_views, sending_views, views

app_name = "mailings"
urlpatterns = [
    path("", views.mailing_list, name="list"),
    path("new/", views.new, name="new"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/setup/", views.setup, name="setup"),
    path("<int:pk>/content/", content_views.content, name="content"),
    path("<int:pk>/recipients/", recipient_views.recipients, name="recipients"),
    path("<int:pk>/test/", sending_views.test, name="test"),
    path("<int:pk>/send/", sending_views.send, name="send"),
]
