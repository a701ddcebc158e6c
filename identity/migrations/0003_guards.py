"""This migration guards the tables of identity and of django-allauth, and defines what other apps may read."""

import pathlib

from django.db import migrations

HERE = pathlib.Path(__file__)
FILES = (
    "0003_staff.sql",
    "0003_guards.sql",
    "0003_issued.sql",
    "0003_published.sql",
    "0003_looks.sql",
    "0003_last_sign_in.sql",
)
SQL = [HERE.with_name(name).read_text(encoding="utf-8") for name in FILES]


class Migration(migrations.Migration):
    """Runs after django-allauth's tables exist."""

    dependencies = [
        ("identity", "0002_initial"),
        ("audit", "0002_guards"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("allauth_idp_oidc", "0003_client_allow_uri_wildcards"),
        ("guardian", "0003_remove_groupobjectpermission_guardian_gr_content_ae6aec_idx_and_more"),
    ]
    operations = [migrations.RunSQL(SQL)]
