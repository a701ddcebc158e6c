"""How often is counted, what was asked is kept under a key, and one thing is stopped once."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import migrations, models

from identity.memberships.models import TsTzRange


class Migration(migrations.Migration):
    """Fits the version still running: a wider column, and constraints that it never breaks."""

    dependencies = [("delegation", "0002_guards")]
    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddIndex(
            "invitationtoken", models.Index(fields=["created_at"], name="invitation_token_created")
        ),
        migrations.AlterField('idempotencyrecord', "fingerprint", models.CharField(max_length=80)),
        migrations.AddConstraint(
            "hold",
            ExclusionConstraint(
                name="hold_no_overlap",
                expressions=[
                    (TsTzRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                    ("organization", RangeOperators.EQUAL),
                    ("entitlement", RangeOperators.EQUAL),
                ],
            ),
        ),
    ]
