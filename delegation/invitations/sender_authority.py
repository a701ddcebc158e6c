"""One rule judges the sender's authority over an open invitation, for the list, the page of its link and acceptance."""

import datetime as dt
import uuid
from collections.abc import Sequence

from audit.foundation.actor import Actor, ActorKind, Channel, system
from audit.foundation.errors import DomainError
from delegation.access import rules as access_rules
from delegation.access.rules import AssignmentRules
from delegation.authorization.errors import InvitationGone
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from delegation.invitations import links
from delegation.invitations.models import Invitation
from identity.service_users import queries as service_users_queries

STATE = "sender_without_authority"
"""The state of an invitation whose access its sender could not assign now."""

_PROGRAMS = frozenset({ActorKind.SERVICE, ActorKind.STAFF_SERVICE})


def sender(invitation: Invitation, *, channel: Channel) -> Actor:
    """Return the sender as the actor who assigns the access: of a service user, all its scopes count."""
    kind, who = ActorKind(invitation.invited_by_kind), invitation.invited_by
    owner = service_users_queries.owner_of(service_user=who) if kind in _PROGRAMS else None
    return Actor(kind=kind, id=who, channel=channel, owner=owner)


def responsible(*, invitation: Invitation) -> uuid.UUID:
    """Return the sender's user: of a service user, its owner."""
    who = sender(invitation, channel=Channel.WEB)
    return who.owner or who.id


def _authority(invitation: Invitation, *, channel: Channel, receivers: Sequence[uuid.UUID]) -> Actor:
    """Return whose authority the acceptance asks: for an invitation by staff the supplier's, limited by the ceiling.

    The owner of a service user is read only where there are receivers, to compare.

    Staff invite only the first admins of an organization without members (ADR 24). A staff member who leaves ends none.
    """
    if invitation.invited_by_kind in {ActorKind.STAFF.value, ActorKind.STAFF_SERVICE.value}:
        return system(channel=channel)
    if invitation.invited_by_kind == ActorKind.SERVICE.value and not receivers:
        return Actor(kind=ActorKind.SERVICE, id=invitation.invited_by, channel=channel)
    return sender(invitation, channel=channel)


def require(
    *,
    invitation: Invitation,
    access: AccessSpec,
    channel: Channel,
    at: dt.datetime,
    receivers: Sequence[uuid.UUID] = (),
) -> None:
    """Check that the sender may assign the offered access now. Raises InvitationGone."""
    rules = AssignmentRules(invitation.organization_id, at)
    if refusal := _refusal(rules, invitation, access, channel, receivers):
        raise InvitationGone(state=STATE) from refusal


def without_authority(*, invitations: Sequence[Invitation], at: dt.datetime) -> set[uuid.UUID]:
    """Return which of these invitations of one organization, read with role and sites, cannot be accepted now.

    The number of statements is bounded by the number of tiers, whatever the number of invitations and senders.
    """
    if not invitations:
        return set()
    people = {row.invited_by for row in invitations if row.invited_by_kind == ActorKind.PERSON.value}
    rules = AssignmentRules(invitations[0].organization_id, at, people=people)
    return {
        row.id
        for row in invitations
        if _refusal(rules, row, links.access_of_loaded(row), Channel.WEB, receivers=())
    }


def _refusal(
    rules: AssignmentRules,
    invitation: Invitation,
    access: AccessSpec,
    channel: Channel,
    receivers: Sequence[uuid.UUID],
) -> DomainError | None:
    try:
        rules.check(
            actor=_authority(invitation, channel=channel, receivers=receivers),
            verb=Verb.MEMBER_INVITE,
            access=access,
            receivers=receivers,
        )
    except access_rules.REFUSALS as refusal:
        return refusal
    return None
