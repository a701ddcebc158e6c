"""Members are found by the state of their accounts."""

import datetime as dt
import itertools
import uuid
from collections.abc import Collection

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
