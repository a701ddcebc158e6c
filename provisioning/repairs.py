"""Commands about records in other systems that are not what they should be."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from audit.actor import Actor
from delegation.act import MembershipSet, Outcome, acting, command
from delegation.verbs import Verb
from identity.models import Membership
from provisioning import reconcile, status
from provisioning.errors import NothingDiffers

_WRONG = """
SELECT DISTINCT a.id FROM identity_published_membership m
JOIN provisioning_account a ON a.user_id = m.user_id AND (a.membership_id IS NULL OR a.membership_id = m.id)
JOIN provisioning_target t ON t.id = a.target_id AND t.is_active
WHERE m.id = ANY(%(memberships)s) AND a.state IN ('differs', 'failed')
"""


@dataclass(frozen=True, slots=True)
class Resynced:
    """How many accounts are read and written again."""

    accounts: int


@command
def put_right(
    *, actor: Actor, memberships: Sequence[Membership], idempotency_key: str | None = None
) -> Outcome[Resynced]:
    """Have every system that differs or failed for these colleagues read and written anew at once; no right changes.

    Raises NothingDiffers besides what every act raises.
    """
    with acting(
        actor, Verb.ACCOUNT_PUT_RIGHT, on=MembershipSet(memberships), idempotency_key=idempotency_key
    ) as act:
        accounts = _wrong(act.ids)
        if not accounts:
            raise NothingDiffers
        reconcile.put_right(accounts=accounts)
        act.say(accounts=len(accounts))
        return act.set_result(Resynced(len(accounts)))


def _wrong(memberships: Sequence[uuid.UUID]) -> list[int]:
    return [row[0] for row in status.rows(_WRONG, memberships=list(memberships))]
