"""Staff read all open invitations of a customer; the customer's admins read those that they could have sent."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from audit.foundation import db
from audit.foundation.actor import ActorKind
from delegation.invitations import queries, scope, sender_authority
from delegation.invitations.models import Invitation
from delegation.invitations.queries import PendingFilter, PendingInvitation

PAGE_SIZE = 50
COUNT_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """Holds an open invitation and its sender: a member's user, else only the kind of actor says who."""

    invitation: PendingInvitation
    sender: uuid.UUID | None
    sender_kind: ActorKind


@dataclass(frozen=True, slots=True)
class OpenInvitations:
    """Holds a page of open invitations, the newest first; `number` counts those that match, to COUNT_LIMIT + 1."""

    rows: Sequence[OpenInvitation]
    previous: uuid.UUID | None
    next: uuid.UUID | None
    number: int


def page(
    *,
    organization: uuid.UUID,
    text: str = "",
    after: uuid.UUID | None = None,
    before: uuid.UUID | None = None,
    at: dt.datetime,
) -> OpenInvitations:
    """Read a page. Expired ones are among them. The number of statements is bounded by the number of tiers."""
    everything = Invitation.objects.filter(organization=organization)
    rows = scope.open_among(everything).filter(*queries.conditions(PendingFilter(text)))
    found = db.keyset(
        rows=[rows.select_related("role").prefetch_related("sites")],
        order=("-id",),
        after=after,
        before=before,
        size=PAGE_SIZE,
        anchors=[everything],
    )
    refused = sender_authority.without_authority(invitations=found.rows, at=at)
    return OpenInvitations(
        rows=[_open(row, acceptable=row.id not in refused) for row in found.rows],
        previous=found.previous,
        next=found.next,
        number=rows.order_by()[: COUNT_LIMIT + 1].count(),
    )


def _open(row: Invitation, *, acceptable: bool) -> OpenInvitation:
    kind = ActorKind(row.invited_by_kind)
    sender = row.invited_by if kind is ActorKind.PERSON else None
    return OpenInvitation(queries.view_of(row, acceptable=acceptable), sender, kind)
