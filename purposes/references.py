"""What refers to an entry of a list, in whatever room it lives: such an entry is never deleted (rules 4.9)."""

from django.db import models
from django.utils.translation import gettext as _

from .models import Listed

KEEPS = (models.PROTECT, models.RESTRICT)


def what_refers_to(row: models.Model) -> str:
    """The plural name of the first kind of rows that refer to it; empty when nothing does."""
    for relation in row._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ManyToOneRel) or relation.on_delete not in KEEPS:
            continue
        related = relation.related_model._base_manager.filter(**{relation.field.name: row})
        if related.exists():
            return in_words(relation.related_model)
    return ""


def in_words(model: type[models.Model]) -> str:
    return _("answers on record") if model._meta.model_name == "consentevent" else str(model._meta.verbose_name_plural)


def why_not_deleted(entry: Listed) -> str:
    """The reason why an entry cannot be deleted, as a sentence; empty when it can."""
    if entry.is_built_in:
        return _("%(name)s is built in and cannot be deleted.") % {"name": entry}
    if referring := what_refers_to(entry):
        return _("%(name)s is in use (%(what)s) and cannot be deleted. Deactivate it instead.") % {
            "name": entry,
            "what": referring,
        }
    return ""
