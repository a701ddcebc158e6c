"""Finding colleagues by a part of their name or address."""

from django.db import migrations

INDEXES = """
CREATE INDEX membership_name_trigrams ON identity_membership USING gin (sort_key gin_trgm_ops);
CREATE INDEX user_email_trigrams ON identity_user USING gin (email gin_trgm_ops);
"""
GONE = "DROP INDEX membership_name_trigrams; DROP INDEX user_email_trigrams;"


class Migration(migrations.Migration):
    """Trigrams; the extension comes with the database."""

    dependencies = [("identity", "0004_grants")]
    operations = [migrations.RunSQL(INDEXES, GONE)]
