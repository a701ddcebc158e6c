"""Commands synchronize accounts that are out of date in their targets."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from audit.foundation import db
from audit.foundation.actor import Actor
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import MembershipSet
from delegation.authorization.verbs import Verb
from identity.memberships.models import Membership
from provisioning.accounts import reconcile
from provisioning.accounts.errors import NothingToResync

_OUT_OF_DATE = """
SELECT DISTINCT a.id FROM identity_published_membership m
JOIN provisioning_account a ON a.user_id = m.user_id AND (a.membership_id IS NULL OR a.membership_id = m.id)
JOIN provisioning_target t ON t.id = a.target_id AND t.is_active
WHERE m.id = ANY(%(memberships)s) AND a.state IN ('out_of_date', 'failed')
"""


@dataclass(frozen=True, slots=True)
class Resynced:
    """Counts the accounts that are synchronized again."""

    accounts: int


@command
def resync(
    *, actor: Actor, memberships: Sequence[Membership], idempotency_key: str | None = None
) -> Outcome[Resynced]:
    """Synchronize the differing and failed accounts of these members at once; no right changes.

    Raises NothingToResync, and the errors of every act.
    """
    with acting(
        actor, Verb.ACCOUNT_RESYNC, on=MembershipSet(memberships), idempotency_key=idempotency_key
    ) as act:
        accounts = _out_of_date(act.ids)
        if not accounts:
            raise NothingToResync
        reconcile.resync(accounts=accounts)
        act.record(accounts=len(accounts))
        return act.set_result(Resynced(len(accounts)))


def _out_of_date(memberships: Sequence[uuid.UUID]) -> list[int]:
    return [row[0] for row in db.fetch_all(_OUT_OF_DATE, {"memberships": list(memberships)})]
