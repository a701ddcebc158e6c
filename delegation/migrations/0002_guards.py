"""This migration guards delegation's tables, and defines what other apps may read."""

import pathlib

from django.db import migrations

HERE = pathlib.Path(__file__)
SQL = [HERE.with_name(name).read_text(encoding="utf-8") for name in ("0002_guards.sql", "0002_published.sql")]


class Migration(migrations.Migration):
    """Every table of delegation is written in an act only."""

    dependencies = [
        ("delegation", "0001_initial"),
        ("identity", "0003_guards"),
        ("audit", "0002_guards"),
    ]
    operations = [migrations.RunSQL(SQL)]
