"""A handover gives the successor what the giver holds, and then releases the giver, in one act."""

from delegation import continuity
from delegation.access import rules as access_rules
from delegation.access import store as access_store
from delegation.acts.act import Act
from delegation.authorization.errors import InvalidInput
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from delegation.handovers import rules
from delegation.people import effects as people_effects
from identity.memberships.models import Membership


def give(act: Act, *, giver: Membership, successor: Membership) -> None:
    """Add what the giver holds to what the successor holds, within the giver's authority and the ceiling."""
    specs = rules.to_give(giver=giver.id, successor=successor.id, at=act.at)
    for spec in specs:
        access_rules.check_assignment_authority(
            actor=act.actor,
            verb=Verb.ACCESS_CHANGE,
            organization=act.organization,
            access=spec,
            at=act.at,
            receivers=[successor.user_id],
        )
    before = access_store.snapshot(memberships=[successor.id], at=act.at).get(successor.id, [])
    access_store.assign_each(
        assignments=[(successor.id, spec) for spec in specs], actor=act.actor, act=act.id, at=act.at
    )
    after = [*before, *(spec.to_json() for spec in specs)]
    act.record_change(
        successor.id, verb=Verb.ACCESS_CHANGE, before={"access": before}, after={"access": after}
    )


def release(act: Act, giver: Membership, *, stay_as: str) -> None:
    """Lower the giver's access to this tier for all sites, or end the membership without one."""
    if not stay_as:
        people_effects.end_members(act, [giver])
        return
    if stay_as not in rules.lower_tiers(giver=giver.id, at=act.at):
        raise InvalidInput(field="stay_as", problem="unknown")
    continuity.require_remaining_admin(organization=act.organization, without=[giver.id], at=act.at)
    access = AccessSpec(stay_as, all_sites=True)
    before = access_store.snapshot(memberships=[giver.id], at=act.at).get(giver.id, [])
    ended = access_store.end(memberships=[giver.id], at=act.at)
    access_store.assign(
        memberships=[giver.id], access=access, actor=act.actor, act=act.id, at=act.at, ended=ended
    )
    act.record_change(
        giver.id,
        verb=Verb.ACCESS_CHANGE,
        before={"access": before},
        after={"access": [access.to_json()]},
    )
