"""The members that a removal ended are read here, and the people who are notified of its end."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from delegation.authorization import admin_queries
from identity.memberships import queries as memberships_queries
from identity.memberships.models import SHOWN_NAME, Membership

_MAX_NOTIFIED = 5


@dataclass(frozen=True, slots=True)
class NotifiedPerson:
    """Names a person who is notified, with address and language."""

    id: uuid.UUID
    name: str
    email: str
    language: str


def names(*, memberships: Collection[uuid.UUID], at: dt.datetime) -> Mapping[uuid.UUID, str]:
    """Read the names of those of these members who have not returned, in the order of names. One statement."""
    rows = Membership.objects.filter(~memberships_queries.is_present(at=at), id__in=memberships)
    return dict(rows.order_by("sort_key", "id").values_list("id", SHOWN_NAME))


def recipients(*, organization: uuid.UUID, actor: uuid.UUID, at: dt.datetime) -> Sequence[NotifiedPerson]:
    """Read who is notified of a removal by this actor: the actor as an active member, else working admins.

    Mail to the actor must not have bounced. Three statements at most.
    """
    own = memberships_queries.active(at=at).filter(
        organization=organization, user=actor, user__mail_bounced_at=None, kind=Membership.Kind.PERSON
    )
    rows = list(own.select_related("user")[:1]) or list(
        admin_queries.working_admins(organization=organization, at=at)
        .select_related("user")
        .order_by("sort_key", "id")[:_MAX_NOTIFIED]
    )
    return [NotifiedPerson(row.user_id, row.user.name, row.user.email, row.user.language) for row in rows]
