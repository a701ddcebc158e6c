"""A member's admins are those who can change the member's access; a claim about one is made once."""

import datetime as dt
import uuid

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from delegation.absence_claims.models import AbsenceClaim
from delegation.authorization import authorities
from delegation.authorization.errors import AlreadyExists, AnsweredRecently, ClaimClosed, NotFound
from delegation.authorization.models.assignments import Assignment, AssignmentSite
from delegation.authorization.verbs import Verb
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership


def managing_roles(*, at: dt.datetime) -> list[uuid.UUID]:
    """List the roles whose holders change the access of others. One statement."""
    versions = authorities.versions(at).values()
    return [one.role_id for one in versions if one.is_admin or Verb.ACCESS_CHANGE.value in one.verbs]


def assignments_of_managers(*, at: dt.datetime) -> QuerySet[Assignment]:
    """Filter the assignments by which active members change the access of others. One statement."""
    active = memberships_queries.active(at=at).filter(kind=Membership.Kind.PERSON)
    rows = authorities.in_force(at).filter(role__in=managing_roles(at=at))
    return rows.filter(Exists(active.filter(id=OuterRef("membership"))))


def admins_of(*, organization: uuid.UUID, user: uuid.UUID, at: dt.datetime) -> QuerySet[Membership]:
    """Filter the members who can change this person's access: for all sites, or a site in common. Two statements."""
    held = authorities.in_force(at).filter(organization=organization, membership__user=user)
    assignments = assignments_of_managers(at=at).filter(organization=organization)
    if not held.filter(all_sites=True).exists():
        own = AssignmentSite.objects.filter(assignment__in=held).values("site")
        assignments = assignments.filter(Q(all_sites=True) | Q(sites__site__in=own))
    return Membership.objects.filter(organization=organization, id__in=assignments.values("membership"))


def require_admin_of(admin: Membership, *, user: uuid.UUID, at: dt.datetime) -> None:
    """Raise NotFound unless this member can change the person's access, as for a random id."""
    admins = admins_of(organization=admin.organization_id, user=user, at=at)
    if not admins.filter(id=admin.id).exists():
        raise NotFound


def require_claimable(admin: Membership, *, at: dt.datetime) -> None:
    """Raise AlreadyExists beside an open claim, and AnsweredRecently after an answer. Call it under the lock."""
    rows = AbsenceClaim.objects.filter(membership=admin.id)
    if rows.filter(state=AbsenceClaim.State.OPEN).exists():
        raise AlreadyExists(field="absence_claim")
    answers = [AbsenceClaim.State.HERE, AbsenceClaim.State.DISMISSED]
    answered = rows.filter(state__in=answers, closed_at__gt=at - settings.ABSENCE_CLAIM_WAIT)
    if answered.exists():
        raise AnsweredRecently


def unanswered(*, at: dt.datetime) -> QuerySet[AbsenceClaim]:
    """Filter the open claims whose time is over, and whose admin has not signed in since. No statement of its own."""
    absent = Q(membership__last_sign_in=None) | Q(membership__last_sign_in__at__lte=F("claimed_at"))
    return AbsenceClaim.objects.filter(absent, state=AbsenceClaim.State.OPEN, answer_by__lte=at)


def require_open(claim: AbsenceClaim) -> None:
    """Raise ClaimClosed for one that is closed."""
    if claim.state != AbsenceClaim.State.OPEN:
        raise ClaimClosed(state=claim.state)
