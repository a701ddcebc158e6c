"""Verified domains follow from the acts that found their record, and from those that ended them."""

from audit.state import declarations
from audit.state.declarations import Rebuilt

declarations.register(
    Rebuilt(
        table="delegation_domainverification",
        key=("organization_id", "domain", "valid_from"),
        events="verb IN ('mail_domain.verify', 'mail_domain.lapse')",
        expected="""
            SELECT organization_id, domain, valid_from, valid_until, act
            FROM (
                SELECT chain AS organization_id, facts ->> 'domain' AS domain, at AS valid_from, act, verb,
                       lead(at) OVER (PARTITION BY chain, facts ->> 'domain' ORDER BY seq) AS valid_until
                FROM event
            ) said
            WHERE verb = 'mail_domain.verify'
        """,
        actual="SELECT organization_id, domain, valid_from, valid_until, act FROM delegation_domainverification",
        columns=("valid_until", "act"),
        not_compared={"id": "identified by organization, domain and beginning"},
    ),
)
