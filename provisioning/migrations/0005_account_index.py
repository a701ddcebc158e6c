"""Accounts that need attention are found without reading those of every colleague."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One partial index."""

    dependencies = [("provisioning", "0004_guard_targets")]
    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddIndex(
            "account",
            models.Index(
                condition=models.Q(("state__in", ["failed", "differs"])),
                fields=["user"],
                name="account_needs_attention",
            ),
        ),
    ]
