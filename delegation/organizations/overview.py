"""Staff see a customer in numbers: people by tier, sites, open invitations, what is offered and what is on hold."""

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from audit.foundation import db
from delegation.access.queries import Text
from delegation.authorization.values import AmountLimit, amount_from_json

RECENT = dt.timedelta(days=30)
"""A sign-in counts as recent for so long."""

# One statement: a page of a customer has few (tests/portal/desk/organizations/test_customer.py).
# People of a suspended customer have no right now; the page counts who is a member all the same.
_OVERVIEW = """
WITH held AS MATERIALIZED (
    SELECT a.id, a.role_id, m.id AS member, l.at AS signed_in_at
    FROM identity_membership_at(%(at)s) m
    JOIN delegation_assignment_at(%(at)s) a ON a.membership_id = m.id
    LEFT JOIN identity_published_last_sign_in l ON l.membership_id = m.id
    WHERE m.organization_id = %(organization)s
      AND (m.in_force OR m.state = 'active' AND NOT m.organization_in_force AND NOT m.organization_closed)
), tier AS (
    SELECT role_id, count(DISTINCT member) AS people,
           count(DISTINCT member) FILTER (WHERE signed_in_at > %(recent)s) AS recent
    FROM held GROUP BY role_id
), highest AS (
    SELECT h.role_id, l.currency, l.period,
           CASE WHEN bool_and(l.amount IS NOT NULL) THEN max(l.amount)::text END AS amount
    FROM held h JOIN delegation_assignmentlimit l ON l.assignment_id = h.id
    GROUP BY h.role_id, l.currency, l.period
)
SELECT (SELECT count(*) FROM identity_membership_at(%(at)s) m
        WHERE m.organization_id = %(organization)s
      AND (m.in_force OR m.state = 'active' AND NOT m.organization_in_force AND NOT m.organization_closed)),
       (SELECT count(*) FROM identity_published_site WHERE organization_id = %(organization)s),
       (SELECT count(*) FROM delegation_invitation
        WHERE organization_id = %(organization)s AND accepted_at IS NULL AND cancelled_at IS NULL
          AND expires_at > %(at)s),
       (SELECT jsonb_agg(jsonb_build_array(r.name, t.people, t.recent, (
               SELECT coalesce(jsonb_agg(jsonb_build_array(q.amount, q.currency, q.period)
                                         ORDER BY q.period, q.currency), '[]')
               FROM highest q WHERE q.role_id = r.id)) ORDER BY r.rank, r.key)
        FROM tier t JOIN delegation_role r ON r.id = t.role_id),
       (SELECT jsonb_agg(jsonb_build_array(p.name, e.text, e.takes_amount, c.amount::text, c.currency)
                         ORDER BY p.key, e.rank, e.key)
        FROM delegation_ceiling c
        JOIN delegation_entitlement e ON e.id = c.entitlement_id
        JOIN identity_published_application p ON p.id = e.application_id
        WHERE c.organization_id = %(organization)s AND in_force(c.valid_from, c.valid_until, %(at)s)),
       (SELECT jsonb_agg(coalesce(e.text, p.name) ORDER BY h.valid_from, h.id)
        FROM delegation_hold h
        LEFT JOIN delegation_entitlement e ON e.id = h.entitlement_id
        LEFT JOIN identity_published_application p ON p.id = h.application_id
        WHERE h.organization_id = %(organization)s AND in_force(h.valid_from, h.valid_until, %(at)s)),
       (SELECT jsonb_agg(jsonb_build_array(k.name, k.kind, coalesce(nullif(k.email, ''), k.phone))
                         ORDER BY k.kind, k.name)
        FROM delegation_customercontact k
        WHERE k.organization_id = %(organization)s AND in_force(k.valid_from, k.valid_until, %(at)s))
"""


@dataclass(frozen=True, slots=True)
class TierCounts:
    """Counts the members in force with a tier, and those with a recent sign-in; `highest` by currency and period."""

    name: Text
    people: int
    recent: int
    highest: Sequence[AmountLimit]


@dataclass(frozen=True, slots=True)
class OfferedEntitlement:
    """Names what the supplier offers, with its limit; an amount of None is without limit."""

    service: Text
    text: Text
    takes_amount: bool
    limit: AmountLimit


@dataclass(frozen=True, slots=True)
class ReachedContact:
    """Names a contact of a kind, and how to reach it: the address, or the number without one."""

    name: str
    kind: str
    reached: str


@dataclass(frozen=True, slots=True)
class CustomerOverview:
    """Counts what belongs to the customer; `people` are the members in force."""

    people: int
    sites: int
    invitations: int
    """Those that can be accepted."""
    tiers: Sequence[TierCounts]
    """In the order of tiers; a member of two tiers counts in both."""
    offer: Sequence[OfferedEntitlement]
    """By service."""
    holds: Sequence[Text]
    """What is on hold, oldest first: an entitlement's text, or a service's name."""
    contacts: Sequence[ReachedContact]
    """By kind and name."""


def load(*, organization: uuid.UUID, at: dt.datetime) -> CustomerOverview:
    """Read the customer in numbers. One statement."""
    params = {"organization": organization, "at": at, "recent": at - RECENT}
    people, sites, invitations, tiers, offer, holds, contacts = db.fetch_only(_OVERVIEW, params)
    return CustomerOverview(
        people=people,
        sites=sites,
        invitations=invitations,
        tiers=[
            TierCounts(name, number, recent, [_limit(*limit) for limit in highest])
            for name, number, recent, highest in _rows(tiers)
        ],
        offer=[
            OfferedEntitlement(service, text, takes_amount, _limit(amount, currency))
            for service, text, takes_amount, amount, currency in _rows(offer)
        ],
        holds=_rows(holds),
        contacts=[ReachedContact(*row) for row in _rows(contacts)],
    )


def _rows(value: str | None) -> list[Any]:
    return json.loads(value) if value else []


def _limit(amount: str | None, *rest: str) -> AmountLimit:
    return AmountLimit(amount_from_json(amount), *rest)
