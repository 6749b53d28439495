"""Staged answers are analysed before their persons are known: told that all are NULL, the planner expects no rows."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("persons", "0003_imports")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE persons_importanswer ALTER COLUMN person_id SET STATISTICS 0", migrations.RunSQL.noop
        )
    ]
