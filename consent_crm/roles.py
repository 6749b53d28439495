"""What the four roles may do (rules 6): the permissions that migrations give to the groups."""

from typing import Any

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions

SEES = [
    "persons.view_person",
    "persons.view_company",
    "persons.view_selection",
    "mailings.view_mailing",
    "mailings.view_recipient",
]
MARKETER = [
    *SEES,
    "persons.record_stop",
    "persons.add_selection",
    "persons.change_selection",
    "persons.delete_selection",
    "mailings.add_mailing",
    "mailings.change_mailing",
    "mailings.delete_mailing",
    "mailings.send_mailing",
]
SALES = [
    *SEES,
    "persons.add_person",
    "persons.change_person",
    "persons.add_company",
    "persons.change_company",
    "persons.manage_consent",
    "persons.record_stop",
    "persons.import_persons",
    "persons.export_persons",
    "persons.bulk_update",
    "persons.add_selection",
    "persons.change_selection",
    "persons.delete_selection",
]
PRIVACY_ADMIN = [
    *SALES,
    "persons.lift_stop",
    "persons.erase_person",
    "persons.view_act",
    "persons.view_consentevent",
    "persons.view_seal",
    "persons.view_suppression",
    "persons.add_suppression",
    "persons.change_suppression",
    *(
        f"purposes.{deed}_{model}"
        for model in ("purpose", "legalbasis", "source", "subscriptiontype", "wording")
        for deed in ("view", "add", "change", "delete")
    ),
    "purposes.view_privacysettings",
    "purposes.change_privacysettings",
    *(f"purposes.{deed}_emailtemplate" for deed in ("view", "add", "change", "delete")),
    "purposes.change_publicpages",
    "mailings.change_sendingsettings",
    "consent_crm.change_retention",
    "consent_crm.view_user",
    "consent_crm.add_user",
    "consent_crm.change_user",
]

ROLES = {"Privacy admin": PRIVACY_ADMIN, "Sales": SALES, "Marketer": MARKETER, "Reader": SEES}


def give(apps: Apps) -> None:
    """Make the groups, and give them what there is of their rights. A migration that brings rights ends with it.

    The permissions are made first: Django itself makes them only after all migrations.
    """
    for app in ("consent_crm", "purposes", "persons", "mailings"):
        config: Any = apps.get_app_config(app)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for role, names in ROLES.items():
        group, _is_new = Group.objects.get_or_create(name=role)
        group.permissions.set(
            permission
            for permission in Permission.objects.select_related("content_type")
            if f"{permission.content_type.app_label}.{permission.codename}" in names
        )
