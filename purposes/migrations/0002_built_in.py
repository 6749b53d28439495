from django.db import migrations

from purposes import built_in


def add(apps, schema_editor):
    model = lambda name: apps.get_model("purposes", name)  # noqa: E731 - a name for a look-up
    for position, (key, name, article, allows, help_text, rights) in enumerate(built_in.BASES):
        model("LegalBasis").objects.create(
            key=key, name=name, position=position, is_built_in=True,
            article=article, allows=allows, help_text=help_text, rights=rights,
        )  # fmt: skip
    for position, (key, name) in enumerate(built_in.SOURCES):
        model("Source").objects.create(key=key, name=name, position=position, is_built_in=True)
    for position, (key, name) in enumerate(built_in.TYPES):
        model("SubscriptionType").objects.create(key=key, name=name, position=position, is_built_in=True)
    for position, (key, name, description, bases) in enumerate(built_in.PURPOSES):
        purpose = model("Purpose").objects.create(
            key=key, name=name, position=position, is_built_in=True, description=description
        )
        for basis in bases:
            model("AcceptedBasis").objects.create(purpose=purpose, basis_id=basis)
    model("PrivacySettings").objects.create(id=1)


class Migration(migrations.Migration):
    dependencies = [("purposes", "0001_initial")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
