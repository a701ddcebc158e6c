"""The policy decides whether an actor may do a verb to a set of subjects.

Acts ask twice; pages ask for their buttons.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import QuerySet

from audit.foundation.actor import Actor, ActorKind
from delegation.authorization import authorities
from delegation.authorization.authorities import Authority, MembershipState
from delegation.authorization.models.roles import Assurance
from delegation.authorization.verbs import On, RequiredState, SiteReach, Verb


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision names the reason and the refused ids, and says whether the actor may know that they exist."""

    allowed: bool
    reason: str = ""
    refused: tuple[uuid.UUID, ...] = ()
    visible: bool = True

    def __bool__(self) -> bool:
        return self.allowed


YES = Decision(allowed=True)
HIDDEN = Decision(allowed=False, reason="no_permission", visible=False)
"""A refusal to an actor who may not know that the subject exists."""


class Subjects(Protocol):
    """Describes what the policy reads of a set: its kind, and its own decision."""

    @property
    def kind(self) -> On:
        """Return the kind that a verb must apply to."""
        ...

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Allow the whole set or nothing."""
        ...


def decide(*, actor: Actor, verb: Verb, on: Subjects, at: dt.datetime) -> Decision:
    """Decide whether the actor may do the verb to all of these subjects at `at`.

    Raises TypeError for a set of a kind that the verb does not apply to.
    """
    check_kind(verb, on.kind)
    if actor.kind is ActorKind.SYSTEM and verb.rule.allow_system:
        return YES
    return on.decide(actor=actor, verb=verb, at=at)


def check_kind(verb: Verb, kind: str) -> None:
    """Raise TypeError for a verb and a kind that do not fit: an error in a command."""
    if verb.rule.on != kind:
        raise TypeError(f"{verb} applies to {verb.rule.on}, not to {kind}: pass that, or use another verb.")


@dataclass(frozen=True, slots=True)
class OrganizationId:
    """Decides a verb on an organization as a whole: invite, view the activity, add a site."""

    id: uuid.UUID
    kind = On.ORGANIZATION

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Decide by the actor's roles anywhere in the organization, or by those for all sites where the verb asks."""
        own = authorities.authorities_of(actor=actor, at=at, organization=self.id)
        if any(_allows(authority, verb) for authority in own):
            return YES
        holds = any(verb.value in authority.verbs for authority in own)
        reason = "outside_sites" if holds else "no_permission"
        return Decision(allowed=False, reason=reason, refused=(self.id,), visible=bool(own))


def _allows(authority: Authority, verb: Verb) -> bool:
    return verb.value in authority.verbs and (authority.all_sites or not verb.rule.all_sites)


@dataclass(frozen=True, slots=True)
class MembershipIds:
    """Decides a verb on members of any organizations, in two statements whatever the number."""

    ids: Sequence[uuid.UUID]
    kind = On.MEMBERSHIP

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Decide by roles and sites. A refusal is hidden unless the actor may see each refused member."""
        states = authorities.membership_states(ids=self.ids, at=at)
        own = _authorities_over(actor, at, states)
        reasons = {member: _refusal_reason(actor, verb, own, states.get(member)) for member in self.ids}
        refused = tuple(member for member, reason in reasons.items() if reason)
        if not refused:
            return YES
        visible = all(
            not _refusal_reason(actor, Verb.MEMBER_VIEW, own, states.get(member)) for member in refused
        )
        return Decision(allowed=False, reason=reasons[refused[0]], refused=refused, visible=visible)


def _authorities_over(
    actor: Actor, at: dt.datetime, states: Mapping[uuid.UUID, MembershipState]
) -> Sequence[Authority]:
    own = authorities.authorities_of(actor=actor, at=at)
    return authorities.within(own=own, organizations={member.organization for member in states.values()})


@dataclass(frozen=True, slots=True)
class SupplierData:
    """Decides a verb on the supplier's data about these organizations and business units; on all of it without any.

    Staff rights alone allow it: a customer's role gives none, whatever its verbs.
    """

    organizations: Collection[uuid.UUID] = ()
    units: Collection[uuid.UUID] = ()
    kind = On.SUPPLIER

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Decide by the actor's staff rights. Organizations that none of them covers are hidden."""
        if not actor.is_of_supplier:
            return HIDDEN
        own = authorities.authorities_of(actor=actor, at=at)
        own = authorities.within(own=own, organizations=self.organizations)
        if self.is_covered([authority for authority in own if verb.value in authority.verbs]):
            return YES
        visible = self.is_covered(own) if self.organizations else bool(own)
        return Decision(allowed=False, reason="no_permission", visible=visible)

    def is_covered(self, own: Sequence[Authority]) -> bool:
        if any(authority.is_for_all for authority in own):
            return True
        units = {authority.unit for authority in own}
        organizations = {authority.organization for authority in own}
        return (
            bool(self.organizations or self.units)
            and units >= set(self.units)
            and organizations >= set(self.organizations)
        )


BY_ID: Mapping[On, Callable[[uuid.UUID], Subjects]] = {
    On.MEMBERSHIP: lambda membership: MembershipIds([membership]),
    On.ORGANIZATION: OrganizationId,
}
"""The kinds that are decided by an id alone."""


def within_scope(*, ids: Sequence[uuid.UUID], scope: QuerySet[Any]) -> Decision:
    """Allow a set where the scope contains all of it; hide it otherwise. One statement."""
    allowed = set(scope.filter(id__in=ids).values_list("id", flat=True))
    refused = tuple(row_id for row_id in ids if row_id not in allowed)
    if not refused:
        return YES
    return Decision(allowed=False, reason="not_visible", refused=refused, visible=False)


def abilities(
    *, actor: Actor, memberships: Sequence[uuid.UUID], at: dt.datetime, verbs: Iterable[Verb] = tuple(Verb)
) -> Mapping[uuid.UUID, dict[Verb, Decision]]:
    """Decide what the actor may do to each of these members, with the reasons where not. Pages draw buttons from it."""
    states = authorities.membership_states(ids=memberships, at=at)
    own = _authorities_over(actor, at, states)
    member_verbs = [verb for verb in verbs if verb.rule.on is On.MEMBERSHIP]
    return {
        member: {
            verb: _decision(_refusal_reason(actor, verb, own, states.get(member)), member)
            for verb in member_verbs
        }
        for member in memberships
    }


def _decision(reason: str, subject: uuid.UUID) -> Decision:
    return Decision(allowed=False, reason=reason, refused=(subject,)) if reason else YES


def organization_abilities(*, actor: Actor, organization: uuid.UUID, at: dt.datetime) -> frozenset[Verb]:
    """Return the verbs that the actor's roles allow anywhere in this organization: its navigation is drawn from it."""
    own = authorities.authorities_of(actor=actor, at=at, organization=organization)
    return frozenset(verb for verb in Verb if any(_allows(authority, verb) for authority in own))


def staff_authorities(*, actor: Actor, at: dt.datetime) -> Sequence[Authority]:
    """Read the authorities of staff, or of their service user; none for other actors. Two statements at most."""
    return authorities.authorities_of(actor=actor, at=at) if actor.is_of_supplier else []


def staff_verbs(*, own: Iterable[Authority]) -> frozenset[Verb]:
    """Return the verbs that these authorities of a staff member allow somewhere."""
    return frozenset(Verb(verb) for authority in own for verb in authority.verbs)


def is_for_all(*, own: Iterable[Authority], verb: Verb) -> bool:
    """Return whether one of these authorities of a staff member allows this verb for the whole supplier."""
    return any(authority.is_for_all and verb.value in authority.verbs for authority in own)


def staff_abilities(
    *, own: Iterable[Authority], organization: uuid.UUID, units: Collection[uuid.UUID]
) -> frozenset[Verb]:
    """Return the verbs that these authorities of a staff member allow in a customer of these business units.

    `organization_abilities` for an actor whose authorities were read already.
    """
    covering = [
        authority
        for authority in own
        if authority.is_for_all or authority.organization == organization or authority.unit in units
    ]
    return frozenset(verb for verb in Verb if any(_allows(authority, verb) for authority in covering))


def _refusal_reason(
    actor: Actor, verb: Verb, own: Sequence[Authority], member: MembershipState | None
) -> str:
    """Return the code of the first reason for a refusal; empty where the verb is allowed."""
    if member is None:
        return "not_visible"
    local = [authority for authority in own if authority.organization == member.organization]
    holding = [authority for authority in local if verb.value in authority.verbs]
    reaching = [authority for authority in holding if _reaches_sites(authority, verb.rule.site_reach, member)]
    reasons = {
        "no_permission": not holding,
        "organization_closed": not is_open(verb, member),
        "own_membership": actor.is_self(member.user) and not verb.rule.allow_self,
        "wrong_state": not _state_allowed(verb.rule.state, member.state),
        "outside_sites": not reaching,
        "exceeds_authority": verb.rule.within_authority
        and not any(_may_assign_all_roles(authority, member) for authority in reaching),
    }
    return next((reason for reason, applies in reasons.items() if applies), "")


def is_open(verb: Verb, member: MembershipState) -> bool:
    """Return whether the organization's state allows the verb: one that is suspended is read, and nothing else."""
    return member.organization_in_force or (verb.rule.reading and not member.organization_closed)


def _state_allowed(required: RequiredState, state: str) -> bool:
    return required is RequiredState.ANY or (required is RequiredState.ENDED) == (state == "ended")


def _reaches_sites(authority: Authority, reach: SiteReach, member: MembershipState) -> bool:
    if authority.all_sites:
        return True
    if reach is SiteReach.OVERLAPS:
        return any(role.all_sites or role.sites & authority.sites for role in member.roles)
    return bool(member.roles) and all(
        not role.all_sites and role.sites <= authority.sites for role in member.roles
    )


def _may_assign_all_roles(authority: Authority, member: MembershipState) -> bool:
    return all(role.key in authority.assignable_roles for role in member.roles)


def required_assurance(*, user: uuid.UUID, at: dt.datetime) -> Assurance:
    """Return the highest assurance that one of this person's roles requires."""
    return Assurance.PASSWORD if mfa_required_since(user=user, at=at) is None else Assurance.MFA


def mfa_required_since(*, user: uuid.UUID, at: dt.datetime) -> dt.datetime | None:
    """Return since when one of this person's present roles requires two factors; None where none does."""
    assignments = authorities.in_force(at).filter(membership__user=user).values_list("role_id", "valid_from")
    versions = authorities.versions(at)
    instants = [
        max(assigned_at, versions[role].valid_from)
        for role, assigned_at in assignments
        if role in versions and versions[role].required_assurance == Assurance.MFA
    ]
    return min(instants, default=None)
