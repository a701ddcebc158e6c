"""Colleagues read who their admins are; admins and support read the claims that wait."""

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from audit.foundation.actor import Actor
from delegation.absence_claims import rules
from delegation.absence_claims.models import AbsenceClaim
from delegation.absence_claims.subjects import ClaimedAdmin
from delegation.authorization.errors import NotFound
from delegation.authorization.verbs import Verb
from identity.memberships.models import SHOWN_NAME, Membership
from identity.organizations.models import Organization
from identity.people.models import User

MOST_ADMINS = 30
"""The admins that a page lists."""
MOST_WAITING = 20
"""The claims that a worklist shows."""


@dataclass(frozen=True, slots=True)
class AdminContact:
    """Names a member who can change the access of a colleague."""

    membership: uuid.UUID
    user: uuid.UUID
    name: str
    email: str
    language: str
    row: Membership
    """What commands take."""


@dataclass(frozen=True, slots=True)
class ClaimView:
    """Describes a claim about an admin."""

    id: uuid.UUID
    organization: uuid.UUID
    membership: uuid.UUID
    person: uuid.UUID
    name: str
    """The admin's name, as the organization sees it."""
    email: str
    reason: str
    claimed_by: uuid.UUID
    claimer: str
    claimed_at: dt.datetime
    answer_by: dt.datetime
    state: str
    closed_by: str
    closed_at: dt.datetime | None
    row: AbsenceClaim
    """What commands take."""


def admins_of(*, organization: uuid.UUID, user: uuid.UUID, at: dt.datetime) -> list[AdminContact]:
    """List up to `MOST_ADMINS` + 1 members who can change this person's access, by name. Three statements."""
    rows = rules.admins_of(organization=organization, user=user, at=at)
    ordered = rows.select_related("user").order_by("sort_key", "id")[: MOST_ADMINS + 1]
    return [_contact(row) for row in ordered]


def admin_of(*, organization: uuid.UUID, user: uuid.UUID, admin: uuid.UUID, at: dt.datetime) -> AdminContact:
    """Return this admin of the person, who is another one. Three statements. Raises NotFound."""
    rows = rules.admins_of(organization=organization, user=user, at=at).exclude(user=user)
    found = rows.filter(id=admin).select_related("user").first()
    if found is None:
        raise NotFound
    return _contact(found)


def contact(*, organization: uuid.UUID, user: uuid.UUID) -> AdminContact:
    """Return this person of the organization, also a former one. One statement. Raises NotFound."""
    rows = Membership.objects.filter(organization=organization, user=user)
    row = rows.select_related("user").first()
    if row is None:
        raise NotFound
    return _contact(row)


def _contact(row: Membership) -> AdminContact:
    user = row.user
    return AdminContact(row.id, user.id, row.shown_name, user.email or "", user.language, row)


def open_about(*, memberships: Collection[uuid.UUID]) -> dict[uuid.UUID, AbsenceClaim]:
    """Read the open claims about these members, by membership. One statement."""
    rows = AbsenceClaim.objects.filter(membership__in=memberships, state=AbsenceClaim.State.OPEN)
    return {row.membership_id: row for row in rows}


def get(*, organization: uuid.UUID, claim: uuid.UUID) -> ClaimView:
    """Return the claim of this organization. One statement. Raises NotFound."""
    row = _rows().filter(id=claim, organization=organization).first()
    if row is None:
        raise NotFound
    return _view(row)


def readable(*, actor: Actor, organization: uuid.UUID, claim: uuid.UUID, at: dt.datetime) -> ClaimView:
    """Return the claim to those who can close it, also once it is closed. Raises NotFound for others."""
    found = get(organization=organization, claim=claim)
    if not ClaimedAdmin(found.row).decide(actor=actor, verb=Verb.ABSENCE_CLOSE, at=at):
        raise NotFound
    return found


def concerning(*, actor: Actor, organization: uuid.UUID, at: dt.datetime) -> list[ClaimView]:
    """List the open claims that this member can answer or decide, the oldest first.

    One statement without a claim in the organization.
    """
    rows = _rows().filter(organization=organization, state=AbsenceClaim.State.OPEN)
    rows = rows.exclude(~Q(person=actor.id), claimed_by=actor.id)
    found = [_view(row) for row in rows.order_by("claimed_at", "id")[:MOST_WAITING]]
    return [one for one in found if ClaimedAdmin(one.row).decide(actor=actor, verb=Verb.ABSENCE_CLOSE, at=at)]


def unanswered(*, organizations: QuerySet[Organization], at: dt.datetime) -> list[ClaimView]:
    """List the claims of these organizations that no one answered in time, the oldest first.

    One statement without any, three otherwise. A claim about a member who is no admin any more waits for no answer.
    One more than `MOST_WAITING` says that there are more.
    """
    rows = _rows().filter(state=AbsenceClaim.State.OPEN, answer_by__lte=at)
    rows = rows.filter(organization__in=organizations.order_by().values("pk"))
    if not rows.exists():
        return []
    managing = rules.assignments_of_managers(at=at).filter(membership=OuterRef("membership"))
    return [
        _view(row) for row in rows.filter(Exists(managing)).order_by("answer_by", "id")[: MOST_WAITING + 1]
    ]


def _rows() -> QuerySet[AbsenceClaim]:
    of_organization = Membership.objects.filter(organization=OuterRef("organization"))
    shown = of_organization.annotate(shown=SHOWN_NAME).values("shown")
    closer = User.all_directories.filter(pk=OuterRef("closed_by")).values("name")
    return AbsenceClaim.objects.select_related("membership__user", "organization").annotate(
        admin_name=Subquery(shown.filter(user=OuterRef("person"))),
        claimer_name=Subquery(shown.filter(user=OuterRef("claimed_by"))),
        closer_name=Subquery(closer),
    )


def _view(row: AbsenceClaim) -> ClaimView:
    return ClaimView(
        id=row.id,
        organization=row.organization_id,
        membership=row.membership_id,
        person=row.person,
        name=getattr(row, "admin_name", "") or "",
        email=row.membership.user.email or "",
        reason=row.reason,
        claimed_by=row.claimed_by,
        claimer=getattr(row, "claimer_name", "") or "",
        claimed_at=row.claimed_at,
        answer_by=row.answer_by,
        state=row.state,
        closed_by=getattr(row, "closer_name", "") or "",
        closed_at=row.closed_at,
        row=row,
    )
