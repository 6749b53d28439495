from django.db import migrations

from consent_crm import roles


def make(apps, schema_editor):
    roles.give(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("consent_crm", "0001_initial"),
        ("purposes", "0001_initial"),
        ("persons", "0001_initial"),
        ("mailings", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
