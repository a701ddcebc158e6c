"""The database keeps the promise: who writes where, and one directory per door."""

from django.db import migrations

from audit.foundation import guard_sql as sql

COMMANDS_OWN = (
    "identity_businessunit",
    "identity_organization",
    "identity_customernumber",
    "identity_site",
    "identity_membership",
    "identity_membershipperiod",
    "identity_application",
    "identity_client",
)
ALLAUTH_OWNS = (
    "identity_user",
    "account_emailaddress",
    "mfa_authenticator",
    "allauth_idp_oidc_client",
)

# Rows of one directory refer to the user together with that directory.
DIRECTORIES = """
ALTER TABLE identity_membership ADD CONSTRAINT membership_user_in_directory
    FOREIGN KEY (user_id, directory) REFERENCES identity_user (id, directory) DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE account_emailaddress ADD COLUMN directory varchar(10) GENERATED ALWAYS AS ('customer') STORED;
ALTER TABLE account_emailaddress ADD CONSTRAINT email_address_of_customer
    FOREIGN KEY (user_id, directory) REFERENCES identity_user (id, directory) DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE mfa_authenticator ADD COLUMN directory varchar(10) GENERATED ALWAYS AS ('customer') STORED;
ALTER TABLE mfa_authenticator ADD CONSTRAINT authenticator_of_customer
    FOREIGN KEY (user_id, directory) REFERENCES identity_user (id, directory) DEFERRABLE INITIALLY IMMEDIATE;
"""


class Migration(migrations.Migration):
    """Guards over the tables of this layer and over django-allauth's."""

    dependencies = [
        ("identity", "0002_people"),
        ("audit", "0001_log"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("allauth_idp_oidc", "0003_client_allow_uri_wildcards"),
    ]
    operations = [
        migrations.RunSQL(
            [sql.guard(table) for table in COMMANDS_OWN]
            + [sql.guard(table, noting=True) for table in ALLAUTH_OWNS]
            + [DIRECTORIES],
            migrations.RunSQL.noop,
        )
    ]
