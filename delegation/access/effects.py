"""Commands of any capability change access by this effect."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from delegation import continuity
from delegation.access import rules as access_rules
from delegation.access import site_limits
from delegation.access import store as access_store
from delegation.acts.act import Act
from delegation.authorization.errors import AccessChanged, InvalidAccess, NotLimitable, Unchanged
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from identity.memberships.models import Membership

ShownAssignments = Mapping[uuid.UUID, Collection[uuid.UUID]]
"""The ids of the assignments that the actor was shown, by membership; a membership without an entry is not compared."""


def assign(
    act: Act, members: Sequence[Membership], *, access: AccessSpec, shown: ShownAssignments | None = None
) -> None:
    """Replace everything that these members hold here with this access. The number of statements is constant.

    Raises AccessChanged, InvalidAccess, ExceedsAuthority, ExceedsCeiling, Denied, LastAdmin, NotFound and Unchanged.
    """
    ids = act.require(Verb.ACCESS_CHANGE, members)
    before = access_store.snapshot(memberships=ids, at=act.at)
    _require_as_shown(before, ids, shown)
    _check(act, members, ids, access)
    if all(_holds_only(before.get(member, ()), access) for member in ids):
        raise Unchanged
    ended = access_store.end(memberships=ids, at=act.at)
    access_store.assign(memberships=ids, access=access, actor=act.actor, act=act.id, at=act.at, ended=ended)
    for member in ids:
        act.record_change(
            member,
            verb=Verb.ACCESS_CHANGE,
            before={"access": before.get(member, [])},
            after={"access": [access.to_json()]},
        )


def limit_sites(
    act: Act,
    members: Sequence[Membership],
    *,
    sites: frozenset[uuid.UUID],
    shown: ShownAssignments | None = None,
) -> None:
    """Take all sites but these from what these members hold. The number of statements is bounded by that of tiers.

    Raises AccessChanged, NotLimitable, InvalidAccess, Denied, LastAdmin and NotFound.
    """
    ids = act.require(Verb.ACCESS_CHANGE, members)
    if not sites:
        raise InvalidAccess(field="sites", problem="missing")
    before = access_store.snapshot(memberships=ids, at=act.at)
    _require_as_shown(before, ids, shown)
    held = {member: [AccessSpec.from_json(row) for row in before.get(member, ())] for member in ids}
    limited = site_limits.limit(
        actor=act.actor, organization=act.organization, at=act.at, held=held, sites=sites
    )
    if limited.refused:
        raise NotLimitable(reasons={str(member): reason for member, reason in limited.refused.items()})
    # A member who is limited to some sites is no working admin.
    continuity.require_remaining_admin(organization=act.organization, without=ids, at=act.at)
    ended = access_store.end(memberships=ids, at=act.at)
    access_store.assign_each(
        assignments=list(limited.kept.items()), actor=act.actor, act=act.id, at=act.at, ended=ended
    )
    for member, access in limited.kept.items():
        act.record_change(
            member,
            verb=Verb.ACCESS_CHANGE,
            before={"access": before[member]},
            after={"access": [access.to_json()]},
        )


def _require_as_shown(
    before: Mapping[uuid.UUID, Sequence[Mapping[str, Any]]],
    members: Sequence[uuid.UUID],
    shown: ShownAssignments | None,
) -> None:
    """Compare under the lock: of two changes that were shown the same access, the second is refused."""
    changed = [
        str(member)
        for member in members
        if shown is not None
        and member in shown
        and {row["assignment"] for row in before.get(member, ())} != {str(one) for one in shown[member]}
    ]
    if changed:
        raise AccessChanged(members=changed)


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
        continuity.require_remaining_admin(organization=act.organization, without=ids, at=act.at)


def _holds_only(assignments: Sequence[Mapping[str, Any]], access: AccessSpec) -> bool:
    """Compare whether a member holds this access and nothing else."""
    return len(assignments) == 1 and AccessSpec.from_json(assignments[0]) == access
