"""Members are found by the state of their accounts."""

import datetime as dt
import itertools
import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from audit.foundation import db
from provisioning.accounts.models import Account
from provisioning.accounts.status import BY_SEVERITY

LIMIT = 1000
NEEDS_ATTENTION = ("failed", "out_of_date")

_NEED_ATTENTION = """
SELECT DISTINCT m.id, app.key
FROM provisioning_account a
JOIN provisioning_target t ON t.id = a.target_id AND t.is_active
JOIN identity_published_application app ON app.id = t.application_id
JOIN identity_published_membership m ON m.user_id = a.user_id AND (a.membership_id IS NULL OR a.membership_id = m.id)
WHERE m.organization_id = %(organization)s AND a.state = ANY(%(states)s)
 AND (%(memberships)s::uuid[] IS NULL OR m.id = ANY(%(memberships)s::uuid[]))
 AND EXISTS (
    SELECT FROM identity_published_period p
    WHERE p.membership_id = m.id AND p.state <> 'ended' AND in_force(p.valid_from, p.valid_until, %(at)s))
LIMIT %(limit)s
"""
_WAITING_OF_ACT = """
SELECT d.membership_id FROM provisioning_delivery d JOIN provisioning_target t ON t.id = d.target_id AND t.is_active
WHERE d.act = %(act)s AND d.done_at IS NULL
UNION SELECT s.membership_id FROM provisioning_logout l JOIN identity_published_sign_in s ON s.id = l.sign_in_id
WHERE l.act = %(act)s AND l.due_at IS NOT NULL
"""
_FAILING = """
SELECT app.name::text, t.down_since, t.failures, t.pause_until, w.removals, w.updates
FROM provisioning_target t
JOIN identity_published_application app ON app.id = t.application_id
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE d.priority = 0) AS removals, count(*) FILTER (WHERE d.priority > 0) AS updates
    FROM (SELECT a.priority FROM provisioning_account a WHERE a.target_id = t.id AND a.due_at IS NOT NULL
          ORDER BY a.priority, a.due_at LIMIT %(limit)s) d
) w
WHERE t.is_active AND t.down_since IS NOT NULL
ORDER BY t.down_since, t.id
"""
_OF_ORGANIZATION = """
SELECT app.name::text, t.down_since, count(a.id),
       count(a.id) FILTER (WHERE a.state IN ('up_to_date', 'not_needed')),
       count(a.id) FILTER (WHERE a.state IN ('failed', 'out_of_date')),
       min(a.failing_since)
FROM provisioning_target t
JOIN identity_published_application app ON app.id = t.application_id
JOIN identity_published_membership m ON m.organization_id = %(organization)s
JOIN provisioning_account a ON a.target_id = t.id AND a.user_id = m.user_id
 AND (a.membership_id IS NULL OR a.membership_id = m.id)
WHERE t.is_active
GROUP BY t.id, app.key, app.name::text ORDER BY app.key
"""


@dataclass(frozen=True, slots=True)
class SystemCounts:
    """Counts the accounts of an organization's present and former people in a system, by their state."""

    name: Mapping[str, str]
    down_since: dt.datetime | None
    accounts: int
    up_to_date: int
    failed: int
    failing_since: dt.datetime | None


def systems_of(*, organization: uuid.UUID) -> list[SystemCounts]:
    """Count the accounts of this organization's people in each system. One statement."""
    rows = db.fetch_all(_OF_ORGANIZATION, {"organization": organization})
    return [SystemCounts(json.loads(name), *rest) for name, *rest in rows]


@dataclass(frozen=True, slots=True)
class FailingTarget:
    """Describes a target that does not take updates; at most `LIMIT` + 1 waiting accounts are counted."""

    name: Mapping[str, str]
    down_since: dt.datetime
    failures: int
    next_try_at: dt.datetime | None
    removals: int
    updates: int


def failing_targets() -> list[FailingTarget]:
    """Read the targets that are down, the longest first, with the accounts that wait for them. One statement."""
    rows = db.fetch_all(_FAILING, {"limit": LIMIT + 1})
    return [FailingTarget(json.loads(name), *rest) for name, *rest in rows]


def needing_attention(
    *, organization: uuid.UUID, at: dt.datetime, memberships: Collection[uuid.UUID] | None = None
) -> list[tuple[uuid.UUID, str]]:
    """Find present members' accounts that need attention, by membership and application's key. One statement.

    At most `LIMIT`. `memberships`: among these alone. Accounts of removed people are shown as unconfirmed removals.
    """
    params = {
        "organization": organization,
        "states": list(NEEDS_ATTENTION),
        "memberships": None if memberships is None else list(memberships),
        "at": at,
        "limit": LIMIT,
    }
    rows = db.fetch_all(_NEED_ATTENTION, params)
    return [(row[0], row[1]) for row in rows]


def worst_state_is(states: Collection[str]) -> Q:
    """Return the condition that a membership's worst account has one of these states; true without any.

    Neighbouring states make one condition: the planner starts from the accounts that need attention, not from all
    members.
    """
    condition, worse = Q(), list[str]()
    for is_among, run in itertools.groupby(BY_SEVERITY, key=lambda state: state in states):
        neighbours = list(run)
        if is_among:
            none_worse = Q(~_has_state(worse)) if worse else Q()
            condition |= Q(_has_state(neighbours)) & none_worse
        worse += neighbours
    return condition


def _has_state(states: Collection[str]) -> Exists:
    own = Q(membership=None) | Q(membership=OuterRef("pk"))
    return Exists(
        Account.objects.filter(own, user=OuterRef("user"), target__is_active=True, state__in=list(states))
    )


def waiting_of_act(*, act: uuid.UUID) -> list[uuid.UUID]:
    """Find the memberships for which a system or service has not confirmed this act. One statement."""
    return [row[0] for row in db.fetch_all(_WAITING_OF_ACT, {"act": act})]
