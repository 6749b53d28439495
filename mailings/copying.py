"""New mailings from what there is: a copy of a mailing, and templates."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from mailings.models import Content, Mailing, MailingTemplate

CONTENT = ["subject", "preheader", "body_kind", "body", "language"]
# What belongs to the life of one mailing and not to what it is. An override is given for one mailing (rules 3).
OWN = {
    *("id", "name", "state", "content_version", "pause_reason", "trouble", "created_at", "created_by", "updated_at"),
    *("override_reason", "override_by", "override_at"),
}


def duplicate(mailing: Mailing, *, by: Any) -> Mailing:
    """A draft with the same settings, content and sources; not its recipients, and no override."""
    facts = {
        field.name: getattr(mailing, field.name)
        for field in Mailing._meta.concrete_fields
        if field.editable and field.name not in OWN
    }
    with transaction.atomic():
        name = gettext("Copy of {name}").format(name=mailing.name)[:120]
        copy = Mailing.objects.create(name=name, created_by=by, **facts)
        for sources in Mailing._meta.many_to_many:
            getattr(copy, sources.name).set(getattr(mailing, sources.name).all())
    return copy


def from_template(template: MailingTemplate, *, by: Any) -> Mailing:
    """A draft that begins with the content of a template."""
    return Mailing.objects.create(name=template.name, created_by=by, **content_of(template))


def content_of(content: Content) -> dict[str, Any]:
    """What a mailing and a template have in common."""
    return {name: getattr(content, name) for name in CONTENT}
