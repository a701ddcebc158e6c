"""Assigning an access in place of another."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from audit.log.ledger import Subject
from delegation import continuity
from delegation.access import rules as access_rules
from delegation.access import store as access_store
from delegation.acts.act import Act
from delegation.authorization.errors import Unchanged
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from identity.memberships.models import Membership


def assign(act: Act, members: Sequence[Membership], *, access: AccessSpec, reason: str) -> None:
    """Put this access in the place of everything these members hold here. Statements: constant, whatever the size.

    Raises InvalidAccess, ExceedsAuthority, ExceedsCeiling, Denied, LastAdmin, NotFound and Unchanged.
    """
    ids = act.require(Verb.ACCESS_CHANGE, members)
    _check(act, members, ids, access)
    before = access_store.snapshot(memberships=ids, at=act.at)
    if all(_is_only(before.get(one, ()), access) for one in ids):
        raise Unchanged
    access_store.end(memberships=ids, at=act.at)
    access_store.assign(memberships=ids, access=access, actor=act.actor, act=act.id, at=act.at, reason=reason)
    for one in ids:
        act.record_change(
            Verb.ACCESS_CHANGE,
            Subject("membership", one),
            before={"access": before.get(one, [])},
            after={"access": [access.to_json()]},
        )


def _check(act: Act, members: Sequence[Membership], ids: Sequence[uuid.UUID], access: AccessSpec) -> None:
    access_rules.check_assignment_authority(
        actor=act.actor,
        verb=Verb.ACCESS_CHANGE,
        organization=act.organization,
        access=access,
        at=act.at,
        receivers=[row.user_id for row in members],
    )
    if not continuity.grants_admin(access=access, at=act.at):
        continuity.require_remaining_admin(organization=act.organization, losing=ids, at=act.at)


def _is_only(held: Sequence[Mapping[str, Any]], access: AccessSpec) -> bool:
    """Whether this access, and no other, is what is held."""
    return len(held) == 1 and AccessSpec.from_json(held[0]) == access
