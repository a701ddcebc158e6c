"""A membership never moves to another organization."""

import pathlib

from django.db import migrations

SQL = pathlib.Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
GONE = "DROP TRIGGER membership_keeps_organization ON identity_membership; DROP FUNCTION identity_membership_keeps_organization();"


class Migration(migrations.Migration):
    """One trigger."""

    dependencies = [("identity", "0011_search")]
    operations = [migrations.RunSQL(SQL, GONE)]
