"""This migration adds the indexes of the supplier's search over the log."""

import pathlib

from django.db import migrations

SQL = pathlib.Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """The newest events, the refusals and the acts of staff, across organizations."""

    dependencies = [
        ("audit", "0002_guards"),
    ]
    operations = [migrations.RunSQL(SQL)]
