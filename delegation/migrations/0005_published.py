"""What SQL of the apps above may read of delegation, and what is assigned at an instant."""

import pathlib

from django.db import migrations

SQL = pathlib.Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
GONE = """
DROP VIEW delegation_published_invitation;
DROP VIEW delegation_published_offer;
DROP FUNCTION delegation_assignment_at(timestamptz);
"""


class Migration(migrations.Migration):
    """Functions and views; no table changes."""

    dependencies = [("delegation", "0004_assignment_organization"), ("identity", "0014_published"), ("audit", "0003_published")]
    operations = [migrations.RunSQL(SQL, GONE)]
