"""What must hold before anything starts (rules 5.5)."""

import logging

from django.core.checks import Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from persons.models import HashSecret

logger = logging.getLogger(__name__)

ANOTHER_ONE = (
    "SUPPRESSION_PEPPER is not the secret that the hashes in this database were made with: nobody could tell any more"
    " who must not be written to. Set it to what it was, see docs/deployment.md."
)


@register(Tags.database)
def the_secret_of_the_hash_is_the_same(app_configs=None, databases=None, **options):
    return [Error(ANOTHER_ONE, id="persons.E001")] if databases and _is_another() else []


def refuse_another_secret() -> None:
    """Raises ImproperlyConfigured where the secret is not the one it was. To be called where something starts."""
    try:
        if _is_another():
            raise ImproperlyConfigured(ANOTHER_ONE)
    finally:
        connection.close()


def _is_another() -> bool:
    try:
        return HashSecret.is_another()
    except DatabaseError as error:  # away, or not migrated yet: then nothing is read or written with it either
        logger.warning("The secret of the hash could not be checked: %s", str(error).strip())
        return False
