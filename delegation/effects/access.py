"""Assigning an access in place of another."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from audit.ledger import Subject
from delegation import granting, rules
from delegation.act import Act
from delegation.errors import Unchanged
from delegation.verbs import Verb
from delegation.wanted import Access
from identity.models import Membership


def assign(act: Act, members: Sequence[Membership], *, access: Access, reason: str) -> None:
    """Put this access in the place of everything these members hold here. Statements: constant, whatever the size.

    Raises BadAccess, BeyondAuthority, BeyondCeiling, Denied, LastAdmin, NotFound and Unchanged.
    """
    ids = act.require(Verb.ACCESS_CHANGE, members)
    _check(act, members, ids, access)
    before = granting.held(memberships=ids, at=act.at)
    if all(_is_only(before.get(one, ()), access) for one in ids):
        raise Unchanged
    granting.close(memberships=ids, at=act.at)
    granting.give(memberships=ids, access=access, actor=act.actor, act=act.id, at=act.at, reason=reason)
    for one in ids:
        act.record_change(
            Verb.ACCESS_CHANGE,
            Subject("membership", one),
            before={"access": before.get(one, [])},
            after={"access": [access.to_json()]},
        )


def _check(act: Act, members: Sequence[Membership], ids: Sequence[uuid.UUID], access: Access) -> None:
    rules.within_authority(
        actor=act.actor,
        verb=Verb.ACCESS_CHANGE,
        organization=act.organization,
        access=access,
        at=act.at,
        receivers=[row.user_id for row in members],
    )
    if not rules.makes_an_admin(access=access, at=act.at):
        rules.keep_an_admin(organization=act.organization, losing=ids, at=act.at)


def _is_only(held: Sequence[Mapping[str, Any]], access: Access) -> bool:
    """Whether this access, and no other, is what is held."""
    return len(held) == 1 and Access.from_json(held[0]) == access
