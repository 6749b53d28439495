import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consent_crm.settings")
application = get_wsgi_application()

from persons.checks import refuse_another_secret  # noqa: E402 - the settings have to be there before

refuse_another_secret()
