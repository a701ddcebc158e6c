"""Staff see a customer in numbers: people by tier, sites, open invitations, and what the supplier offers."""

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from audit.foundation import db
from delegation.authorization.models import ceilings
from delegation.authorization.values import AmountLimit, amount_from_json

RECENT = dt.timedelta(days=30)
"""A sign-in counts as recent for so long."""

_COUNTS = """
SELECT (SELECT count(*) FROM identity_membership_at(%(at)s) m
        WHERE m.organization_id = %(organization)s AND m.in_force),
       (SELECT count(*) FROM identity_published_site WHERE organization_id = %(organization)s),
       (SELECT count(*) FROM delegation_invitation
        WHERE organization_id = %(organization)s AND accepted_at IS NULL AND cancelled_at IS NULL
          AND expires_at > %(at)s)
"""
_TIERS = """
WITH held AS MATERIALIZED (
    SELECT a.id, a.role_id, m.id AS member, l.at AS signed_in_at
    FROM identity_membership_at(%(at)s) m
    JOIN delegation_assignment_at(%(at)s) a ON a.membership_id = m.id
    LEFT JOIN identity_published_last_sign_in l ON l.membership_id = m.id
    WHERE m.organization_id = %(organization)s AND m.in_force
)
SELECT r.key, h.people, h.recent, (
    SELECT jsonb_agg(jsonb_build_array(q.amount, q.currency, q.period) ORDER BY q.period, q.currency)
    FROM (SELECT CASE WHEN bool_and(l.amount IS NOT NULL) THEN max(l.amount)::text END AS amount, l.currency, l.period
          FROM held x JOIN delegation_assignmentlimit l ON l.assignment_id = x.id
          WHERE x.role_id = r.id GROUP BY l.currency, l.period) q)
FROM (SELECT role_id, count(DISTINCT member) AS people,
             count(DISTINCT member) FILTER (WHERE signed_in_at > %(recent)s) AS recent
      FROM held GROUP BY role_id) h
JOIN delegation_role r ON r.id = h.role_id
ORDER BY r.rank, r.key
"""


@dataclass(frozen=True, slots=True)
class CustomerCounts:
    """Counts the members in force, the sites, and the invitations that can be accepted."""

    people: int
    sites: int
    invitations: int


@dataclass(frozen=True, slots=True)
class TierCounts:
    """Counts the members in force with a tier, and those with a recent sign-in; `highest` by currency and period."""

    role: str
    people: int
    recent: int
    highest: Sequence[AmountLimit]


@dataclass(frozen=True, slots=True)
class OfferedEntitlement:
    """Names what the supplier offers, with its limit; an amount of None is without limit."""

    application: str
    entitlement: str
    takes_amount: bool
    limit: AmountLimit


def counts(*, organization: uuid.UUID, at: dt.datetime) -> CustomerCounts:
    """Count what belongs to the customer. One statement."""
    return CustomerCounts(*db.fetch_only(_COUNTS, {"organization": organization, "at": at}))


def tiers(*, organization: uuid.UUID, at: dt.datetime) -> list[TierCounts]:
    """Count the members by tier, in the order of tiers; a member of two tiers counts in both. One statement."""
    rows = db.fetch_all(_TIERS, {"organization": organization, "at": at, "recent": at - RECENT})
    return [
        TierCounts(
            role,
            people,
            recent,
            [AmountLimit(amount_from_json(amount), *rest) for amount, *rest in json.loads(limits or "[]")],
        )
        for role, people, recent, limits in rows
    ]


def offer(*, organization: uuid.UUID, at: dt.datetime) -> list[OfferedEntitlement]:
    """List what the supplier offers the customer, by application. One statement."""
    rows = ceilings.offer_of(organization=organization, at=at)
    columns = rows.order_by(
        "entitlement__application__key", "entitlement__rank", "entitlement__key"
    ).values_list(
        "entitlement__application__key",
        "entitlement__key",
        "entitlement__takes_amount",
        "amount",
        "currency",
    )
    return [
        OfferedEntitlement(application, key, takes_amount, AmountLimit(amount, currency))
        for application, key, takes_amount, amount, currency in columns
    ]
