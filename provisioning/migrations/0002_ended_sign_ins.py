"""The sweep for ended sign-ins reads those of the last hours only."""

from django.db import migrations


class Migration(migrations.Migration):
    """An index over what has ended; sign-ins that go on are not in it."""

    dependencies = [("provisioning", "0001_deliveries")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX sign_in_ended ON identity_signin (ended_at) WHERE ended_at IS NOT NULL;",
            "DROP INDEX sign_in_ended;",
        )
    ]
