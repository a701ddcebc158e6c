"""May this actor do this to these? One place, asked by acts (twice), by pages for their buttons, and by tests."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import QuerySet

from audit.foundation.actor import Actor, Kind
from delegation.authorization import authorities
from delegation.authorization.authorities import Authority, MembershipState
from delegation.authorization.models.roles import Strength
from delegation.authorization.verbs import On, Reach, State, Verb


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, the code of the reason why not, the ids it fails for, and whether the actor may know they exist."""

    allowed: bool
    reason: str = ""
    refused: tuple[uuid.UUID, ...] = ()
    seen: bool = True

    def __bool__(self) -> bool:
        return self.allowed


YES = Decision(allowed=True)
HIDDEN = Decision(allowed=False, reason="no_permission", seen=False)
"""No, to an actor who may not know that there is such a thing."""


class Subjects(Protocol):
    """What the policy must know of a set: its kind, and how a set of that kind is decided."""

    @property
    def kind(self) -> On:
        """What a verb must be done to."""
        ...

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Allowed for all of the set or for none."""
        ...


def decide(*, actor: Actor, verb: Verb, on: Subjects, at: dt.datetime) -> Decision:
    """May this actor do this to all of these?

    Raises TypeError for a set of a kind that the verb is not done to.
    """
    check_kind(verb, on.kind)
    if actor.kind is Kind.SYSTEM and verb.rule.system:
        return YES
    return on.decide(actor=actor, verb=verb, at=at)


def check_kind(verb: Verb, kind: str) -> None:
    """Raises TypeError: a mistake in a command."""
    if verb.rule.on != kind:
        raise TypeError(f"{verb} is done to {verb.rule.on}, not to {kind}: pass that, or use another verb.")


@dataclass(frozen=True, slots=True)
class OrganizationId:
    """An organization as a whole: invite, see the activity, add a site."""

    id: uuid.UUID
    kind = On.ORGANIZATION

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """By the roles that the actor holds somewhere in it."""
        held = authorities.authorities_of(actor=actor, at=at, organization=self.id)
        if any(verb.value in power.verbs for power in held):
            return YES
        return Decision(allowed=False, reason="no_permission", refused=(self.id,), seen=bool(held))


@dataclass(frozen=True, slots=True)
class MembershipIds:
    """Members of any organizations. Two statements whatever the size."""

    ids: Sequence[uuid.UUID]
    kind = On.MEMBERSHIP

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """By the roles and sites of both. A refused set is hidden unless the actor sees each member refused."""
        held = authorities.authorities_of(actor=actor, at=at)
        known = authorities.membership_states(ids=self.ids, at=at)
        reasons = {one: _why_not(actor, verb, held, known.get(one)) for one in self.ids}
        refused = tuple(one for one, reason in reasons.items() if reason)
        if not refused:
            return YES
        seen = all(not _why_not(actor, Verb.MEMBER_VIEW, held, known.get(one)) for one in refused)
        return Decision(allowed=False, reason=reasons[refused[0]], refused=refused, seen=seen)


BY_ID: Mapping[On, Callable[[uuid.UUID], Subjects]] = {
    On.MEMBERSHIP: lambda one: MembershipIds([one]),
    On.ORGANIZATION: OrganizationId,
}
"""Kinds that are decided by an id alone."""


def within_scope(*, ids: Sequence[uuid.UUID], scope: QuerySet[Any]) -> Decision:
    """A set whose decision is a queryset: allowed where all of it is in the scope, hidden otherwise. One statement."""
    found = set(scope.filter(id__in=ids).values_list("id", flat=True))
    refused = tuple(one for one in ids if one not in found)
    return Decision(allowed=False, reason="not_visible", refused=refused, seen=False) if refused else YES


def abilities(
    *, actor: Actor, memberships: Sequence[uuid.UUID], at: dt.datetime, verbs: Iterable[Verb] = tuple(Verb)
) -> Mapping[uuid.UUID, dict[Verb, Decision]]:
    """For drawing buttons: what this actor may do to each of these colleagues, with the reason why not."""
    held = authorities.authorities_of(actor=actor, at=at)
    known = authorities.membership_states(ids=memberships, at=at)
    asked = [verb for verb in verbs if verb.rule.on is On.MEMBERSHIP]
    return {
        one: {verb: _decision(_why_not(actor, verb, held, known.get(one)), one) for verb in asked}
        for one in memberships
    }


def _decision(reason: str, subject: uuid.UUID) -> Decision:
    return Decision(allowed=False, reason=reason, refused=(subject,)) if reason else YES


def organization_abilities(*, actor: Actor, organization: uuid.UUID, at: dt.datetime) -> frozenset[Verb]:
    """Which verbs this actor holds somewhere in this organization: what its navigation shows."""
    held = authorities.authorities_of(actor=actor, at=at, organization=organization)
    return frozenset(verb for verb in Verb if any(verb.value in power.verbs for power in held))


def _why_not(actor: Actor, verb: Verb, held: Sequence[Authority], colleague: MembershipState | None) -> str:
    """Empty when allowed, else the code of the first reason."""
    if colleague is None:
        return "not_visible"
    here = [power for power in held if power.organization == colleague.organization]
    mine = [power for power in here if verb.value in power.verbs]
    reaching = [power for power in mine if _reaches(power, verb.rule.reach, colleague)]
    reasons = {
        "no_permission": not mine,
        "closed": not colleague.open,
        "self": colleague.user == actor.id and not verb.rule.allow_self,
        "state": not _state_fits(verb.rule.state, colleague.state),
        "outside_sites": not reaching,
        "exceeds_authority": verb.rule.within_authority
        and not any(_gives_all(power, colleague) for power in reaching),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _state_fits(wanted: State, state: str) -> bool:
    return wanted is State.ANY or (wanted is State.ENDED) == (state == "ended")


def _reaches(power: Authority, reach: Reach, colleague: MembershipState) -> bool:
    if power.all_sites:
        return True
    if reach is Reach.TOUCH:
        return any(held.all_sites or held.sites & power.sites for held in colleague.held)
    return bool(colleague.held) and all(
        not held.all_sites and held.sites <= power.sites for held in colleague.held
    )


def _gives_all(power: Authority, colleague: MembershipState) -> bool:
    return all(held.role in power.gives for held in colleague.held)


def sign_in(*, user: uuid.UUID, at: dt.datetime) -> Strength:
    """How strongly this person must sign in: as the most demanding of their roles asks."""
    roles = authorities.in_force(at).filter(membership__user=user).values_list("role_id", flat=True)
    known = authorities.versions(at)
    demands = {known[role].strength for role in roles if role in known}
    return Strength.MFA if Strength.MFA in demands else Strength.PASSWORD
