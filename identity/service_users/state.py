"""Service users follow from the events that created them, changed their credential and ended them."""

from audit.foundation import digests
from audit.state import declarations
from audit.state.declarations import NotRebuilt, Rebuilt

declarations.register(
    Rebuilt(
        table="identity_serviceuser",
        key=("id",),
        events="""verb IN ('service_user.create', 'service_user.rotate', 'service_user.end', 'staff_service.create',
            'staff_service.rotate', 'staff_service.end')""",
        expected="""
            WITH newest AS (
                SELECT DISTINCT ON (subject) * FROM event
                WHERE verb IN ('service_user.create', 'service_user.rotate', 'staff_service.create',
                    'staff_service.rotate')
                ORDER BY subject, seq DESC)
            SELECT c.subject AS id, (c.after ->> 'organization')::uuid AS organization_id,
                   (c.after ->> 'owner')::uuid AS owner_id, (c.after ->> 'staff_owner')::uuid AS staff_owner_id,
                   c.after ->> 'scopes' AS scopes,
                   n.facts ->> 'secret' AS secret_hash, n.facts ->> 'former_secret' AS former_secret_hash,
                   (n.facts ->> 'former_secret_until')::timestamptz AS former_secret_until,
                   n.facts ->> 'keys' AS jwks_uri, c.at AS valid_from,
                   coalesce(e.at, (n.after ->> 'until')::timestamptz) AS valid_until
            FROM event c JOIN newest n ON n.subject = c.subject
            LEFT JOIN event e ON e.subject = c.subject AND e.verb IN ('service_user.end', 'staff_service.end')
            WHERE c.verb IN ('service_user.create', 'staff_service.create')
        """,
        actual=f"""
            SELECT id, organization_id, owner_id, staff_owner_id, scopes, secret_hash, former_secret_hash,
                   former_secret_until, {digests.sql("jwks_uri")} AS jwks_uri, valid_from, valid_until
            FROM identity_serviceuser
        """,  # noqa: S608 - constants of this module
        columns=(
            "organization_id",
            "owner_id",
            "staff_owner_id",
            "scopes",
            "secret_hash",
            "former_secret_hash",
            "former_secret_until",
            "jwks_uri",
            "valid_from",
            "valid_until",
        ),
        not_compared={
            "directory": "computed by the database",
            "staff_directory": "computed by the database",
        },
    ),
    NotRebuilt(
        "identity_servicetoken", "issued by the thousand, without an event; the database refuses a change"
    ),
)
