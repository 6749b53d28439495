from django.contrib.auth.management import create_permissions
from django.db import migrations

from consent_crm.roles import ROLES


def make_roles(apps, schema_editor):
    """The permissions are made first: Django itself makes them only after all migrations."""
    for app in ("consent_crm", "purposes", "persons", "mailings"):
        config = apps.get_app_config(app)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name, permissions in ROLES.items():
        group = Group.objects.create(name=name)
        for permission in permissions:
            app, codename = permission.split(".")
            group.permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))


class Migration(migrations.Migration):
    dependencies = [
        ("consent_crm", "0001_initial"),
        ("purposes", "0001_initial"),
        ("persons", "0001_initial"),
        ("mailings", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
