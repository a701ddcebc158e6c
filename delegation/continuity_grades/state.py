"""Confirmations follow from the events of the admins who made them."""

from audit.state import declarations
from audit.state.declarations import Rebuilt

declarations.register(
    Rebuilt(
        table="delegation_adminconfirmation",
        key=("membership_id", "confirmed_at"),
        events="verb = 'admin.confirm' AND subject_kind = 'membership' AND outcome = 'done'",
        expected="""
            SELECT e.subject AS membership_id, e.at AS confirmed_at, e.chain AS organization_id, e.act FROM event e
        """,
        actual="SELECT membership_id, confirmed_at, organization_id, act FROM delegation_adminconfirmation",
        columns=("organization_id", "act"),
        not_compared={"id": "a confirmation is identified by its membership and its instant"},
    ),
)
