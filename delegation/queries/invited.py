"""Invitations that have not been accepted."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from audit.actor import Actor
from audit.intervals import InForce
from delegation import scopes
from delegation.models import Invitation, RoleVersion
from delegation.queries.held import Place, Text
from delegation.verbs import Verb
from delegation.wanted import Limit

_FOUND = 1000


@dataclass(frozen=True, slots=True)
class Waiting:
    """One of them, and what this actor may do to it."""

    id: uuid.UUID
    email: str
    name: str
    role_name: Text
    all_sites: bool
    places: Sequence[Place]
    limits: Sequence[Limit]
    until: dt.datetime | None
    """When the access that is offered ends."""
    expires_at: dt.datetime
    invited_by: uuid.UUID
    may_resend: bool
    may_cancel: bool


def waiting(*, actor: Actor, organization: uuid.UUID, at: dt.datetime, most: int = 50) -> list[Waiting]:
    """Those that this actor could have sent, newest first. Nine statements at most."""
    resend, cancel = (
        set(_mine(actor, verb, organization, at).values_list("id", flat=True)[:most])
        for verb in (Verb.INVITATION_RESEND, Verb.INVITATION_CANCEL)
    )
    rows = (
        Invitation.objects.filter(id__in=resend | cancel)
        .select_related("role")
        .prefetch_related("sites")
        .order_by("-created_at", "-id")
    )
    return [_one(row, resend, cancel) for row in rows]


def _mine(actor: Actor, verb: Verb, organization: uuid.UUID, at: dt.datetime) -> QuerySet[Invitation]:
    rows = scopes.invitations(actor=actor, verb=verb, at=at, organization=organization)
    return rows.order_by("-created_at", "-id")


def _one(row: Invitation, resend: set[uuid.UUID], cancel: set[uuid.UUID]) -> Waiting:
    return Waiting(
        id=row.id,
        email=row.email,
        name=row.name,
        role_name=row.role.name,
        all_sites=row.all_sites,
        places=[
            Place(site.id, site.name) for site in sorted(row.sites.all(), key=lambda site: site.sort_key)
        ],
        limits=[Limit.from_json(line) for line in row.limits],
        until=row.access_until,
        expires_at=row.expires_at,
        invited_by=row.invited_by,
        may_resend=row.id in resend,
        may_cancel=row.id in cancel,
    )


def was_open(*, actor: Actor, organization: uuid.UUID, at: dt.datetime, invitation: uuid.UUID) -> bool:
    """Whether it is one that this actor could have cancelled while it was open."""
    verb = Verb.INVITATION_CANCEL
    rows = scopes.invitations_ever(actor=actor, verb=verb, at=at, organization=organization)
    return rows.filter(id=invitation).exists()


def read(row: Invitation) -> Waiting:
    """What one invitation offers; for who may cancel it."""
    return _one(row, resend=set(), cancel={row.id})


def one(
    *, actor: Actor, verb: Verb, organization: uuid.UUID, at: dt.datetime, invitation: uuid.UUID
) -> Invitation | None:
    """The open invitation of this id, if this actor may do `verb` to it."""
    rows = scopes.invitations(actor=actor, verb=verb, at=at, organization=organization)
    return rows.filter(id=invitation).select_related("organization", "role").first()


def like(*, organization: uuid.UUID, text: str) -> dict[uuid.UUID, dt.datetime]:
    """Invitations of this organization, by a part of address or name, and when each was sent. One statement."""
    rows = Invitation.objects.filter(
        Q(email__icontains=text) | Q(name__icontains=text), organization=organization
    )
    return dict(rows.order_by("-id").values_list("id", "created_at")[:_FOUND])


def brings(*, invitation: Invitation, at: dt.datetime) -> tuple[frozenset[str], frozenset[str]]:
    """What its tier lets one do to colleagues, and the tiers it lets one give: verbs and keys. One statement."""
    version = RoleVersion.objects.filter(InForce(at), role=invitation.role_id).first()
    return (frozenset(version.verbs), frozenset(version.gives)) if version else (frozenset(), frozenset())
