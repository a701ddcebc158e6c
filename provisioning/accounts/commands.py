"""Commands synchronize accounts that are out of date in their targets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from audit.foundation import db
from audit.foundation.actor import Actor
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import MembershipSet
from delegation.authorization.verbs import Verb
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership
from provisioning.accounts import reconcile
from provisioning.accounts.errors import NothingToResync
from provisioning.delivery import retry

# Besides accounts that differ or failed: those that wait for a retry, by themselves or with their target.
_TO_RESYNC = """
SELECT a.id, a.target_id, m.id, p.key FROM identity_published_membership m
JOIN provisioning_account a ON a.user_id = m.user_id AND (a.membership_id IS NULL OR a.membership_id = m.id)
JOIN provisioning_target t ON t.id = a.target_id AND t.is_active
JOIN identity_published_application p ON p.id = t.application_id
WHERE m.id = ANY(%(memberships)s)
  AND (a.state IN ('out_of_date', 'failed') OR a.attempts > 0 OR a.due_at IS NOT NULL AND t.down_since IS NOT NULL)
"""
_LOGOUTS = """
UPDATE provisioning_logout SET due_at = %(at)s WHERE id = ANY (ARRAY(
    SELECT l.id FROM provisioning_logout l JOIN identity_published_sign_in s ON s.id = l.sign_in_id
    WHERE s.membership_id = ANY(%(memberships)s) AND l.due_at IS NOT NULL AND l.attempts > 0
    ORDER BY l.id FOR UPDATE OF l SKIP LOCKED))
RETURNING id
"""
# Only Keyholder's own pause: a longer one is the wish of the target (Retry-After), and stands.
_END_PAUSES = """
UPDATE provisioning_target SET pause_until = %(at)s
WHERE id = ANY(%(targets)s) AND pause_until BETWEEN %(at)s AND %(own)s
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Resynced:
    """Counts the accounts that are synchronized again."""

    accounts: int


@command
def resync(
    *, actor: Actor, memberships: Sequence[Membership], idempotency_key: str | None = None
) -> Outcome[Resynced]:
    """Synchronize the differing, failed and waiting accounts of these members at once; no right changes.

    Logout tokens that wait for a retry are sent at once too. Raises NothingToResync, and the errors of every act.
    """
    with acting(
        actor, Verb.ACCOUNT_RESYNC, on=MembershipSet(memberships), idempotency_key=idempotency_key
    ) as act:
        accounts = db.fetch_all(_TO_RESYNC, {"memberships": list(act.ids)})
        logouts = db.fetch_all(_LOGOUTS, {"memberships": list(act.ids), "at": act.at})
        if not accounts and not logouts:
            raise NothingToResync
        due = {account for account, *_others in accounts}
        reconcile.resync(accounts=due)
        own = act.at + retry.LONGEST_PAUSE
        targets = list({target for _account, target, *_others in accounts})
        db.fetch_all(_END_PAUSES, {"targets": targets, "at": act.at, "own": own})
        act.record(accounts=len(due))
        _record_each(act, accounts)
        return act.set_result(Resynced(len(due)))


def _record_each(act: Act, accounts: Sequence[Sequence[Any]]) -> None:
    """Record of each member which applications are updated, and whether the member has access or has left."""
    present = set(
        memberships_queries.active_or_suspended(at=act.at).filter(id__in=act.ids).values_list("id", flat=True)
    )
    for member in act.ids:
        keys = {key for _account, _target, owner, key in accounts if owner == member}
        facts = {"active": member in present, "applications": sorted(keys)}
        act.record_change(member, before={}, after={}, facts=facts)
