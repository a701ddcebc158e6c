"""How a system is reached is the supplier's to say; how it fares is written down by whoever tries it."""

from django.db import migrations

CONFIGURATION = (
    "id", "application_id", "kind", "base_url", "token", "include_applications", "record_per", "on_removal", "verify_writes",
    "is_active", "created_at",
)


class Migration(migrations.Migration):
    """Writes of the configuration need an act's mark; `supports_patch`, `failures`, `down_since`, `pause_until` do not."""

    dependencies = [("provisioning", "0003_also_tells"), ("audit", "0001_log")]
    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.RunSQL(
            f"""
            CREATE TRIGGER keyholder_guard
            BEFORE INSERT OR DELETE OR UPDATE OF {", ".join(CONFIGURATION)} ON provisioning_target
            FOR EACH STATEMENT EXECUTE FUNCTION audit_guard();
            """,
            "DROP TRIGGER keyholder_guard ON provisioning_target;",
        ),
    ]
