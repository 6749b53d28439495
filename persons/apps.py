from django.apps import AppConfig


class PersonsConfig(AppConfig):
    name = "persons"

    def ready(self):
        from persons import checks  # noqa: F401 - registers the checks
