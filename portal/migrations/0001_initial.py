"""This migration creates the table of the shared cache."""

import pathlib

from django.db import migrations

HERE = pathlib.Path(__file__)
SQL = [HERE.with_name(name).read_text(encoding="utf-8") for name in ("0001_initial.sql",)]


class Migration(migrations.Migration):
    """The portal has no models."""

    initial = True
    dependencies = [
        ("audit", "0002_guards"),
    ]
    operations = [migrations.RunSQL(SQL)]
