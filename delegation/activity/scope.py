"""Sites limit which events of an organization's log an actor may see, as they limit acting."""

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from audit.foundation.actor import Actor
from audit.models import Event
from delegation.authorization import authorities, scopes
from delegation.authorization.verbs import Verb
from delegation.invitations import scope as invitations_scope
from delegation.invitations.models import Invitation
from identity.memberships.models import Membership


@dataclass(frozen=True, slots=True)
class LogScope:
    """Holds the members and invitations whose events the actor may see; `whole` adds all other events."""

    organization: uuid.UUID
    actor: uuid.UUID
    whole: bool
    memberships: QuerySet[Membership]
    invitations: QuerySet[Invitation]

    def events(self) -> QuerySet[Event]:
        """Filter the events: for a reader limited to sites, those about these subjects and the reader's own acts."""
        rows = Event.objects.filter(organization=self.organization)
        if self.whole:
            return rows
        invitations = self.invitations.order_by().values("id")
        about = (
            Q(subject__in=self.memberships.order_by().values("id"))
            | Q(subject__in=self.memberships.order_by().values("user"))
            | Q(subject__in=invitations)
            | Q(subject_kind="mail", act__in=invitations)
        )
        return rows.filter(Q(actor=self.actor) | about)


def log_scope(
    *,
    actor: Actor,
    organization: uuid.UUID,
    at: dt.datetime,
    staff_abilities: Collection[Verb] | None = None,
) -> LogScope:
    """Read the parts of this log that the actor may see at `at`. One statement for the whole log, else three.

    None with `staff_abilities`, what a staff member's rights allow in the organization: they are for all sites.
    """
    if staff_abilities is None:
        whole = sees_whole_log(actor=actor, organization=organization, at=at)
    else:
        whole = Verb.ACTIVITY_VIEW in staff_abilities
    if whole:
        memberships = Membership.objects.filter(organization=organization)
        invitations = Invitation.objects.filter(organization=organization)
    else:
        memberships = scopes.memberships(
            actor=actor, verb=Verb.ACTIVITY_VIEW, at=at, organization=organization
        )
        invitations = invitations_scope.visible(
            actor=actor, verb=Verb.MEMBER_INVITE, at=at, organization=organization
        )
    return LogScope(organization, actor.id, whole, memberships, invitations)


def sees_whole_log(*, actor: Actor, organization: uuid.UUID, at: dt.datetime) -> bool:
    """Check whether a role of the actor allows the log for all sites. One statement."""
    own = authorities.authorities_of(actor=actor, at=at, organization=organization)
    return any(authority.all_sites and Verb.ACTIVITY_VIEW.value in authority.verbs for authority in own)
