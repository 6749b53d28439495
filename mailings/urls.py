from django.urls import path

from . import audience_views, content_views, recipient_views, report_views, sending_views, views, webhooks

app_name = "mailings"
urlpatterns = [
    path("providers/<slug:provider>/", webhooks.reports, name="provider_reports"),
    path("", views.mailing_list, name="list"),
    path("new/", views.new, name="new"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/setup/", views.setup, name="setup"),
    path("<int:pk>/content/", content_views.content, name="content"),
    path("<int:pk>/content/switch/", content_views.switch, name="switch"),
    path("<int:pk>/content/letter/", content_views.letter, name="letter"),
    path("<int:pk>/content/images/", content_views.add_image, name="add_image"),
    path("<int:pk>/recipients/", recipient_views.recipients, name="recipients"),
    path("<int:pk>/recipients/companies/add/", recipient_views.add_company, name="add_company"),
    path("<int:pk>/recipients/companies/<int:company>/remove/", recipient_views.remove_company, name="remove_company"),
    path("<int:pk>/recipients/persons/add/", recipient_views.add_persons, name="add_persons"),
    path("<int:pk>/recipients/persons/<int:person>/remove/", recipient_views.remove_person, name="remove_person"),
    path("<int:pk>/recipients/persons/remove/", recipient_views.remove_persons, name="remove_persons"),
    path("<int:pk>/recipients/filter/", recipient_views.choose_filter, name="choose_filter"),
    path("<int:pk>/recipients/make/", recipient_views.make_list, name="make_list"),
    path("<int:pk>/recipients/override/", recipient_views.override, name="override"),
    path("<int:pk>/recipients/outcome/", recipient_views.live_outcome, name="outcome"),
    path("<int:pk>/audience/", audience_views.audience, name="audience"),
    path("<int:pk>/test/", sending_views.test, name="test"),
    path("<int:pk>/report/", report_views.report, name="report"),
    path("<int:pk>/proof/", report_views.proof_pack, name="proof"),
    path("<int:pk>/send/", sending_views.send, name="send"),
    path("<int:pk>/send/confirm/", sending_views.confirm, name="confirm"),
    path("<int:pk>/send/start/", sending_views.start, name="start"),
    path("<int:pk>/send/unschedule/", sending_views.unschedule, name="unschedule"),
    path("<int:pk>/send/progress/", sending_views.progress, name="progress"),
    path("<int:pk>/send/pause/", sending_views.pause, name="pause"),
    path("<int:pk>/send/resume/", sending_views.resume, name="resume"),
    path("<int:pk>/send/cancel/", sending_views.cancel, name="cancel"),
    path("<int:pk>/send/again/", sending_views.send_again, name="send_again"),
]
