"""Admins plan the end of members' access for an instant, change and cancel plans; the system carries them out."""

import datetime as dt
from collections.abc import Sequence

from audit.foundation.actor import Actor, ActorKind
from delegation import continuity
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import MembershipSet
from delegation.authorization import input_cleaning, policy
from delegation.authorization.errors import ExceedsAuthority, InvalidAccess, Unchanged
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import Verb
from delegation.departures import queries as departures_queries
from delegation.departures import store as departures_store
from delegation.departures.models import PlannedRemoval
from delegation.people import effects
from delegation.people.commands.members import Removed
from identity import periods
from identity.memberships.models import Membership

MAX_AHEAD = dt.timedelta(days=366)


class DueMembers(MembershipSet):
    """Holds members whose planned end is due; the system alone acts on them, and on no other leaver."""

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Allow the system."""
        del verb, at
        return policy.YES if actor.kind is ActorKind.SYSTEM else policy.HIDDEN


@command
def plan(
    *,
    actor: Actor,
    memberships: Sequence[Membership],
    ends_at: dt.datetime,
    reason: str = "",
    idempotency_key: str | None = None,
) -> Outcome[None]:
    """Plan the end of these members' access at `ends_at`, instead of what was planned before.

    The access ends by the interval of the membership at exactly that instant, whether or not a process runs. The number
    of statements does not grow with the set. Raises InvalidAccess, InvalidInput, ExceedsAuthority, LastAdmin and
    Unchanged besides the errors of every act.
    """
    reason = input_cleaning.reason(reason)
    with acting(
        actor, Verb.REMOVAL_PLAN, on=MembershipSet(memberships), idempotency_key=idempotency_key
    ) as act:
        _check_end(ends_at, act.at)
        continuity.require_remaining_admin(organization=act.organization, without=act.ids, at=act.at)
        known = departures_queries.open_plans(memberships=act.ids)
        if len(known) == len(act.ids) and all(row.ends_at == ends_at for row in known.values()):
            raise Unchanged
        departures_store.close(memberships=known, outcome=PlannedRemoval.PlanOutcome.REPLACED, at=act.at)
        periods.plan_end(memberships=act.ids, until=ends_at, at=act.at)
        departures_store.plan(members=act.on, ends_at=ends_at, actor=actor, act=act.id, at=act.at)
        for member in act.ids:
            before = {"ends_at": known[member].ends_at.isoformat() if member in known else None}
            act.record_change(member, before=before, after={"ends_at": ends_at.isoformat()})
        act.record(reason=reason, planned_by=str(actor.responsible))
    return act.outcome


def _check_end(ends_at: dt.datetime, at: dt.datetime) -> None:
    """Check that the end lies ahead, and no further than MAX_AHEAD."""
    if ends_at.tzinfo is None:
        raise InvalidAccess(field="until", problem="not_an_instant")
    if ends_at <= at:
        raise InvalidAccess(field="until", problem="past")
    latest = at + MAX_AHEAD
    if ends_at > latest:
        raise ExceedsAuthority(field="until", until=latest.isoformat())


@command
def cancel(
    *, actor: Actor, memberships: Sequence[Membership], reason: str = "", idempotency_key: str | None = None
) -> Outcome[None]:
    """Cancel the planned end of these members' access, which goes on. Raises Unchanged without a plan."""
    reason = input_cleaning.reason(reason)
    with acting(
        actor, Verb.REMOVAL_CANCEL, on=MembershipSet(memberships), idempotency_key=idempotency_key
    ) as act:
        known = departures_queries.open_plans(memberships=act.ids)
        if len(known) < len(act.ids):
            raise Unchanged
        departures_store.close(memberships=known, outcome=PlannedRemoval.PlanOutcome.CANCELLED, at=act.at)
        periods.plan_end(memberships=act.ids, until=None, at=act.at)
        for member in act.ids:
            before = {"ends_at": known[member].ends_at.isoformat()}
            act.record_change(member, before=before, after={"ends_at": None})
        act.record(reason=reason)
    return act.outcome


@command
def carry_out(*, actor: Actor, memberships: Sequence[Membership], since: dt.datetime) -> Outcome[Removed]:
    """End what was issued to members whose access ended at `since` as planned. Only the system may do it.

    Raises Unchanged where another process was first, and NotFound for another actor.
    """
    with acting(actor, Verb.MEMBER_REMOVE, on=DueMembers(memberships)) as act:
        plans = departures_queries.open_plans(memberships=act.ids)
        if len(plans) < len(act.ids) or any(row.ends_at != since or since > act.at for row in plans.values()):
            raise Unchanged
        ended = effects.end_members(act, act.on, since=since)
        for row in plans.values():
            facts = {"plan": str(row.act), "planned_by": str(row.planned_by)}
            act.record_change(row.membership, before={}, after={}, facts=facts)
        return Removed.recorded(act, ended)
