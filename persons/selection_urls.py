from django.urls import path

from . import selection_views

app_name = "selections"
urlpatterns = [
    path("", selection_views.selection_list, name="list"),
    path("add/", selection_views.add, name="add"),
    path("<int:pk>/", selection_views.detail, name="detail"),
    path("<int:pk>/remove/", selection_views.remove, name="remove"),
    path("<int:pk>/rename/", selection_views.rename, name="rename"),
    path("<int:pk>/combine/", selection_views.combine, name="combine"),
    path("<int:pk>/count/", selection_views.count, name="count"),
]
