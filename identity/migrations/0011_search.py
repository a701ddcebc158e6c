"""Finding colleagues by a part of their name or address."""

from django.db import migrations

INDEXES = """
CREATE INDEX membership_by_part_of_name ON identity_membership USING gin (sort_key gin_trgm_ops);
CREATE INDEX user_by_part_of_address ON identity_user USING gin (email gin_trgm_ops);
"""
GONE = "DROP INDEX membership_by_part_of_name; DROP INDEX user_by_part_of_address;"


class Migration(migrations.Migration):
    """Trigrams; the extension comes with the database."""

    dependencies = [("identity", "0004_grants")]
    operations = [migrations.RunSQL(INDEXES, GONE)]
