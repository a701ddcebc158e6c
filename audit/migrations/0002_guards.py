"""This migration guards the log, creates its first partitions and rows, and defines what other apps may read."""

import pathlib

from django.db import migrations

HERE = pathlib.Path(__file__)
FILES = (
    "0002_instants.sql",
    "0002_guards.sql",
    "0002_sealing.sql",
    "0002_person_keys.sql",
    "0002_published.sql",
)
SQL = [HERE.with_name(name).read_text(encoding="utf-8") for name in FILES]


class Migration(migrations.Migration):
    """Functions and triggers that the guards of every other app use."""

    dependencies = [
        ("audit", "0001_initial"),
    ]
    operations = [migrations.RunSQL(SQL)]
