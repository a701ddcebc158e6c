"""Limits on invitation mails: they protect recipients, and prevent the use of invitations for bulk mail."""

import datetime as dt
import math
import uuid

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Q

from audit.foundation.actor import Actor
from delegation.authorization.errors import RateLimited
from delegation.invitations.models import Invitation, InvitationToken
from identity.memberships import queries as memberships_queries

RESEND_INTERVAL = dt.timedelta(minutes=1)
"""Between two mails of one invitation: prevents a second mail from a double click."""
DAY = dt.timedelta(days=1)
DAILY_PER_ADDRESS_AND_SENDER = 5
"""Mails a day to one address from one sender, also across cancelled and new invitations."""
DAILY_PER_ADDRESS = 15
"""Mails a day to one address from a whole organization: one sender cannot use up the share of the other admins."""
DAILY_PER_ADDRESS_EVERYWHERE = 30
"""Mails a day to one address from all organizations; those that invite at the same moment may exceed it."""
DAILY_PER_ORGANIZATION = 1000
"""Mails a day of one organization, plus one for each member: a large customer may onboard within a day."""


def check_mail_limit(
    *, actor: Actor, organization: uuid.UUID, email: str, at: dt.datetime, resend_of: Invitation | None = None
) -> None:
    """Raise RateLimited if one more mail to `email` exceeds a limit; `resend_of` is the invitation to send again.

    Each mail has a link with its own row, and the rows of the last day are counted. One statement, unless refused. The
    supplier is not limited: it must be able to invite an admin.
    """
    if not actor.is_person:
        return
    own, everywhere = Q(invitation__organization=organization), Q(invitation__email=email)
    same_sender = own & everywhere & (Q(invitation__invited_by=actor.id) | Q(invitation=resend_of))
    links = InvitationToken.objects.filter(own | everywhere, created_at__gt=at - DAY)
    recent = links.aggregate(
        total=Count("hash", filter=own),
        everywhere=_times(everywhere),
        same_invitation=_times(Q(invitation=resend_of)),
        same_address=_times(own & everywhere),
        same_sender=_times(same_sender),
    )
    if (
        resend_of is not None
        and recent["same_invitation"]
        and recent["same_invitation"][0] > at - RESEND_INTERVAL
    ):
        raise _rate_limited("invitation", 1, recent["same_invitation"][0] + RESEND_INTERVAL - at)
    for times, limit in (
        (recent["same_sender"], DAILY_PER_ADDRESS_AND_SENDER),
        (recent["same_address"], DAILY_PER_ADDRESS),
        (recent["everywhere"], DAILY_PER_ADDRESS_EVERYWHERE),
    ):
        if len(times) >= limit:
            raise _rate_limited("address", limit, times[limit - 1] + DAY - at)
    if recent["total"] >= DAILY_PER_ORGANIZATION:
        _check_organization_limit(organization, recent["total"], at)


def _times(condition: Q) -> ArrayAgg:
    return ArrayAgg("created_at", filter=condition, order_by="-created_at", default=[])


def _check_organization_limit(organization: uuid.UUID, mail_count: int, at: dt.datetime) -> None:
    members = memberships_queries.active_or_suspended(at=at).filter(organization=organization).count()
    limit = DAILY_PER_ORGANIZATION + members
    if mail_count < limit:
        return
    links = InvitationToken.objects.filter(invitation__organization=organization, created_at__gt=at - DAY)
    times = links.order_by("-created_at").values_list("created_at", flat=True)
    raise _rate_limited("organization", limit, times[limit - 1] + DAY - at)


def _rate_limited(what: str, limit: int, wait: dt.timedelta) -> RateLimited:
    return RateLimited(what=what, most=limit, seconds=max(1, math.ceil(wait.total_seconds())))
