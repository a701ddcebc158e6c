"""The commands change the access of members, and limit it to some of their sites."""

import uuid
from collections.abc import Sequence

from audit.foundation.actor import Actor
from delegation.access import effects
from delegation.access.effects import ShownAssignments
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import MembershipSet
from delegation.authorization import input_cleaning
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from identity.memberships.models import Membership


@command
def change(
    *,
    actor: Actor,
    memberships: Sequence[Membership],
    access: AccessSpec,
    shown: ShownAssignments | None = None,
    reason: str = "",
    idempotency_key: str | None = None,
) -> Outcome[None]:
    """Replace everything that these members hold here with this access.

    Raises AccessChanged, InvalidAccess, InvalidInput, ExceedsAuthority, ExceedsCeiling, LastAdmin and Unchanged
    besides what every act raises.
    """
    reason = input_cleaning.reason(reason)
    with acting(
        actor, Verb.ACCESS_CHANGE, on=MembershipSet(memberships), idempotency_key=idempotency_key
    ) as act:
        effects.assign(act, act.on, access=access, shown=shown)
        act.record(reason=reason)
    return act.outcome


@command
def limit_sites(
    *,
    actor: Actor,
    memberships: Sequence[Membership],
    sites: frozenset[uuid.UUID],
    shown: ShownAssignments | None = None,
    reason: str = "",
    idempotency_key: str | None = None,
) -> Outcome[None]:
    """Take all sites but these from what these members hold here; tiers, limits and ends stay.

    A member gets no site that the member does not have. Raises NotLimitable with the reason of each member that cannot
    be limited, and AccessChanged, InvalidAccess, InvalidInput and LastAdmin besides what every act raises.
    """
    reason = input_cleaning.reason(reason)
    with acting(
        actor, Verb.ACCESS_CHANGE, on=MembershipSet(memberships), idempotency_key=idempotency_key
    ) as act:
        effects.limit_sites(act, act.on, sites=sites, shown=shown)
        act.record(reason=reason)
    return act.outcome
