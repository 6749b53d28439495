from django.apps import AppConfig


class FrameConfig(AppConfig):
    name = "consent_crm"
