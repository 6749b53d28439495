from django.db import migrations

from consent_crm import roles


def add(apps, schema_editor):
    apps.get_model("consent_crm", "Retention").objects.create(id=1)
    roles.give(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("consent_crm", "0003_retention"),
        ("purposes", "0003_email_templates_and_public_pages"),
        ("mailings", "0002_settings_of_sending"),
    ]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
