"""What only an act may write."""

from django.db import migrations

from audit.foundation import guard_sql as sql

COMMANDS_OWN = (
    "delegation_entitlement",
    "delegation_role",
    "delegation_roleversion",
    "delegation_roleentitlement",
    "delegation_ceiling",
    "delegation_hold",
    "delegation_assignment",
    "delegation_assignmentsite",
    "delegation_assignmentlimit",
    "delegation_invitation",
    "delegation_invitation_sites",
    "delegation_invitationtoken",
    "delegation_idempotencyrecord",
)


class Migration(migrations.Migration):
    """Guards over every table of this layer."""

    dependencies = [("delegation", "0001_catalogue"), ("audit", "0001_log")]
    operations = [
        migrations.RunSQL([sql.guard(table) for table in COMMANDS_OWN], migrations.RunSQL.noop),
    ]
