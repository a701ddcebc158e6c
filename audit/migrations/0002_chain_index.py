"""Unread chains are found among those that have events, not among all people."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One partial index; the planner's sweep reads it alone."""

    dependencies = [("audit", "0001_log")]
    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddIndex(
            "chain",
            models.Index(
                condition=models.Q(("last_seq__gt", 0)),
                fields=["id"],
                include=("last_seq", "last_at"),
                name="chain_with_events",
            ),
        ),
    ]
