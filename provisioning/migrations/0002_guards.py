"""This migration guards a target's configuration."""

import pathlib

from django.db import migrations

HERE = pathlib.Path(__file__)
SQL = [HERE.with_name(name).read_text(encoding="utf-8") for name in ("0002_guards.sql",)]


class Migration(migrations.Migration):
    """The other tables of provisioning follow from the log and have no guard."""

    dependencies = [
        ("provisioning", "0001_initial"),
        ("audit", "0002_guards"),
    ]
    operations = [migrations.RunSQL(SQL)]
