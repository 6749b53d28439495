from django.db import migrations


def add(apps, schema_editor):
    apps.get_model("mailings", "SendingSettings").objects.create(id=1)


class Migration(migrations.Migration):
    dependencies = [("mailings", "0002_settings_of_sending")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
