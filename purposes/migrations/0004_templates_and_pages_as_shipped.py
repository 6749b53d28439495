from django.db import migrations

TEMPLATES = {
    "PRIVACY_CONFIRMATION": "Privacy confirmation",
    "DOUBLE_OPT_IN": "Double opt-in",
    "PREFERENCE_LINK": "Preference link",
}


def add(apps, schema_editor):
    for position, (kind, name) in enumerate(TEMPLATES.items()):
        apps.get_model("purposes", "EmailTemplate").objects.create(
            key=kind, kind=kind, name=name, position=position, is_built_in=True
        )
    apps.get_model("purposes", "PublicPages").objects.create(id=1)


class Migration(migrations.Migration):
    dependencies = [("purposes", "0003_email_templates_and_public_pages")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
