"""Service users follow from the events that created and ended them."""

from audit.state import declarations
from audit.state.declarations import NotRebuilt, Rebuilt

declarations.register(
    Rebuilt(
        table="identity_serviceuser",
        key=("id",),
        events="verb IN ('service_user.create', 'service_user.end')",
        expected="""
            SELECT c.subject AS id, (c.after ->> 'organization')::uuid AS organization_id,
                   (c.after ->> 'owner')::uuid AS owner_id, c.after ->> 'scopes' AS scopes,
                   c.facts ->> 'secret' AS secret_hash, c.at AS valid_from,
                   coalesce(e.at, (c.after ->> 'until')::timestamptz) AS valid_until
            FROM event c LEFT JOIN event e ON e.verb = 'service_user.end' AND e.subject = c.subject
            WHERE c.verb = 'service_user.create'
        """,
        actual="""
            SELECT id, organization_id, owner_id, scopes, secret_hash, valid_from, valid_until
            FROM identity_serviceuser
        """,
        columns=("organization_id", "owner_id", "scopes", "secret_hash", "valid_from", "valid_until"),
        not_compared={"directory": "computed by the database"},
    ),
    NotRebuilt(
        "identity_servicetoken", "issued by the thousand, without an event; the database refuses a change"
    ),
)
