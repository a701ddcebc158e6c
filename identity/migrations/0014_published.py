"""What SQL of the apps above may read of identity."""

import pathlib

from django.db import migrations

SQL = pathlib.Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
GONE = """
DROP VIEW identity_published_membership;
DROP VIEW identity_published_period;
DROP VIEW identity_published_user;
DROP VIEW identity_published_organization;
DROP VIEW identity_published_customer_number;
DROP VIEW identity_published_site;
DROP VIEW identity_published_application;
DROP VIEW identity_published_client;
DROP VIEW identity_published_session;
DROP VIEW identity_published_sign_in;
DROP VIEW identity_published_sign_in_client;
DROP FUNCTION identity_membership_at(timestamptz);
"""


class Migration(migrations.Migration):
    """Functions and views; no table changes."""

    dependencies = [("identity", "0013_application_icon"), ("audit", "0003_published")]
    operations = [migrations.RunSQL(SQL, GONE)]
