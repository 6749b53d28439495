from django.apps import AppConfig


class PurposesConfig(AppConfig):
    name = "purposes"
