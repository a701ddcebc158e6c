"""May this actor do this to these? One place, asked by acts (twice), by pages for their buttons, and by tests."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from audit.actor import Actor, Kind
from delegation import powers
from delegation.models.catalogue import Strength
from delegation.powers import Colleague, Power
from delegation.verbs import On, Reach, State, Verb


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


def on_supplier(*, actor: Actor, verb: Verb) -> Decision:
    """The supplier's own things: only the system, for now; staff rights come with their own door."""
    if actor.kind is Kind.SYSTEM and verb.rule.system:
        return YES
    return Decision(allowed=False, reason="not_held", seen=False)


def on_organization(*, actor: Actor, verb: Verb, organization: uuid.UUID, at: dt.datetime) -> Decision:
    """A verb on an organization as a whole: invite, see the activity, add a site."""
    if actor.kind is Kind.SYSTEM and verb.rule.system:
        return YES
    held = powers.of(actor=actor, at=at, organization=organization)
    if any(verb.value in power.verbs for power in held):
        return YES
    return Decision(allowed=False, reason="not_held", refused=(organization,), seen=bool(held))


def on_person(*, actor: Actor, user: uuid.UUID) -> Decision:
    """What concerns one's own sign-in and nobody else's."""
    if actor.kind is Kind.PERSON and actor.id == user:
        return YES
    return Decision(allowed=False, reason="not_held", refused=(user,), seen=False)


def on_memberships(
    *, actor: Actor, verb: Verb, memberships: Iterable[uuid.UUID], at: dt.datetime
) -> Decision:
    """A verb on a set of colleagues. Allowed for all of them or for none; six statements whatever the size."""
    wanted = list(memberships)
    if actor.kind is Kind.SYSTEM and verb.rule.system:
        return YES
    held = powers.of(actor=actor, at=at)
    known = powers.colleagues(ids=wanted, at=at)
    reasons = {one: _why_not(actor, verb, held, known.get(one)) for one in wanted}
    refused = tuple(one for one, reason in reasons.items() if reason)
    if not refused:
        return YES
    seen = all(not _why_not(actor, Verb.MEMBER_SEE, held, known.get(one)) for one in refused)
    return Decision(allowed=False, reason=reasons[refused[0]], refused=refused, seen=seen)


def abilities(
    *, actor: Actor, memberships: Sequence[uuid.UUID], at: dt.datetime, verbs: Iterable[Verb] = tuple(Verb)
) -> Mapping[uuid.UUID, dict[Verb, Decision]]:
    """For drawing buttons: what this actor may do to each of these colleagues, with the reason why not."""
    held = powers.of(actor=actor, at=at)
    known = powers.colleagues(ids=memberships, at=at)
    asked = [verb for verb in verbs if verb.rule.on is On.MEMBERSHIP]
    return {
        one: {verb: _decision(_why_not(actor, verb, held, known.get(one)), one) for verb in asked}
        for one in memberships
    }


def _decision(reason: str, subject: uuid.UUID) -> Decision:
    return Decision(allowed=False, reason=reason, refused=(subject,)) if reason else YES


def organization_abilities(*, actor: Actor, organization: uuid.UUID, at: dt.datetime) -> frozenset[Verb]:
    """Which verbs this actor holds somewhere in this organization: what its navigation shows."""
    held = powers.of(actor=actor, at=at, organization=organization)
    return frozenset(verb for verb in Verb if any(verb.value in power.verbs for power in held))


def _why_not(actor: Actor, verb: Verb, held: Sequence[Power], colleague: Colleague | None) -> str:
    """Empty when allowed, else the code of the first reason."""
    if colleague is None:
        return "unseen"
    here = [power for power in held if power.organization == colleague.organization]
    mine = [power for power in here if verb.value in power.verbs]
    reaching = [power for power in mine if _reaches(power, verb.rule.reach, colleague)]
    reasons = {
        "not_held": not mine,
        "closed": not colleague.open,
        "self": colleague.user == actor.id and not verb.rule.on_self,
        "state": not _state_fits(verb.rule.state, colleague.state),
        "other_sites": not reaching,
        "above_you": verb.rule.within_gift and not any(_gives_all(power, colleague) for power in reaching),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _state_fits(wanted: State, state: str) -> bool:
    return wanted is State.ANY or (wanted is State.ENDED) == (state == "ended")


def _reaches(power: Power, reach: Reach, colleague: Colleague) -> bool:
    if power.all_sites:
        return True
    if reach is Reach.TOUCH:
        return any(held.all_sites or held.sites & power.sites for held in colleague.held)
    return bool(colleague.held) and all(
        not held.all_sites and held.sites <= power.sites for held in colleague.held
    )


def _gives_all(power: Power, colleague: Colleague) -> bool:
    return all(held.role in power.gives for held in colleague.held)


def sign_in(*, user: uuid.UUID, at: dt.datetime) -> Strength:
    """How strongly this person must sign in: as the most demanding of their roles asks."""
    roles = powers.in_force(at).filter(membership__user=user).values_list("role_id", flat=True)
    known = powers.versions(at)
    demands = {known[role].strength for role in roles if role in known}
    return Strength.MFA if Strength.MFA in demands else Strength.PASSWORD
