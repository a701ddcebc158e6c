"""What holds at an instant, and what SQL of the apps above may read of the log."""

import pathlib

from django.db import migrations

SQL = pathlib.Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
GONE = """
DROP VIEW audit_published_chain;
DROP VIEW audit_published_event;
DROP FUNCTION not_ended(timestamptz, timestamptz);
DROP FUNCTION in_force(timestamptz, timestamptz, timestamptz);
"""


class Migration(migrations.Migration):
    """Functions and views; no table changes."""

    dependencies = [("audit", "0002_chain_index")]
    operations = [migrations.RunSQL(SQL, GONE)]
