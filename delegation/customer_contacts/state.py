"""Contacts follow from the acts that add, change and end them."""

from audit.state import declarations
from audit.state.declarations import Rebuilt

declarations.register(
    Rebuilt(
        table="delegation_customercontact",
        key=("contact", "valid_from"),
        events="starts_with(verb, 'customer_contact.')",
        expected="""
            SELECT contact, valid_from, organization_id, kind, valid_until, added_by, added_by_kind, act, name, email,
                   phone
            FROM (
                SELECT (facts ->> 'contact')::uuid AS contact, at AS valid_from, chain AS organization_id,
                       facts ->> 'contact_kind' AS kind,
                       lead(at) OVER (PARTITION BY facts ->> 'contact' ORDER BY seq) AS valid_until,
                       actor AS added_by, actor_kind AS added_by_kind, act, personal -> 'name' AS name,
                       personal -> 'email' AS email, personal -> 'phone' AS phone, verb
                FROM event
            ) said
            WHERE verb <> 'customer_contact.end'
        """,
        actual="""
            SELECT contact, valid_from, organization_id, kind, valid_until, added_by, added_by_kind, act, name, email,
                   phone
            FROM delegation_customercontact
        """,
        columns=("organization_id", "kind", "valid_until", "added_by", "added_by_kind", "act"),
        encrypted=("name", "email", "phone"),
        not_compared={"id": "identified by the contact and the beginning"},
    ),
)
