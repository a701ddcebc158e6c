"""An assignment names its organization, so that those of one organization are found by an index."""

import pathlib

import django.db.models.deletion
from django.db import migrations, models

SQL = pathlib.Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
GONE = """
DROP TRIGGER assignment_organization ON delegation_assignment;
ALTER TABLE delegation_assignment DROP COLUMN organization_id;
DROP FUNCTION delegation_assignment_organization();
DROP FUNCTION delegation_organization_of(uuid);
"""


class Migration(migrations.Migration):
    """A column that a trigger sets, and the index of assignments without end."""

    dependencies = [("delegation", "0003_limits"), ("identity", "0012_membership_stays")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, GONE)],
            state_operations=[
                migrations.AddField(
                    "assignment",
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        default=None,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.organization",
                    ),
                    preserve_default=False,
                )
            ],
        ),
        migrations.AddIndex(
            "assignment",
            models.Index(
                condition=models.Q(("valid_until__isnull", True)),
                fields=["organization", "role"],
                name="assignment_without_end",
            ),
        ),
    ]
