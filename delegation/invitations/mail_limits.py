"""Limits on invitation mails protect recipients, and prevent the use of invitations for bulk mail."""

import datetime as dt
import math
import uuid
from collections.abc import Collection, Mapping
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Q

from audit.foundation.actor import Actor
from delegation.authorization.errors import RateLimited
from delegation.invitations.models import Invitation, InvitationToken
from identity.memberships import queries as memberships_queries
from identity.service_users import queries as service_users_queries

RESEND_INTERVAL = dt.timedelta(minutes=1)
"""Between two mails of one invitation: prevents a second mail from a double click."""
DAY = dt.timedelta(days=1)
DAILY_PER_ADDRESS_AND_SENDER = 5
"""Mails a day to one address from one person and the person's programs, also across cancelled and new invitations."""
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

    One statement, unless refused.
    """
    found = refusals(actor=actor, organization=organization, emails=[email], at=at, resend_of=resend_of)
    for refusal in found.values():
        raise refusal


def refusals(
    *,
    actor: Actor,
    organization: uuid.UUID,
    emails: Collection[str],
    at: dt.datetime,
    resend_of: Invitation | None = None,
) -> dict[str, RateLimited]:
    """Return which of these addresses one more mail each would exceed a limit for; the limits count mails, not acts.

    Each mail has a link with its own row, and the rows of the last day are counted. One statement, unless refused. The
    supplier is not limited: it must be able to invite an admin.
    """
    if not actor.is_person or not emails:
        return {}
    own, everywhere = Q(invitation__organization=organization), Q(invitation__email__in=list(emails))
    programs = service_users_queries.of_owner(user=actor.responsible)
    sender = Q(invitation__invited_by=actor.responsible) | Q(invitation__invited_by__in=programs)
    same_sender = own & everywhere & (sender | Q(invitation=resend_of))
    links = InvitationToken.objects.filter(own | everywhere, created_at__gt=at - DAY)
    by_address = links.values("invitation__email").annotate(
        total=Count("hash", filter=own),
        everywhere=_times(everywhere),
        same_invitation=_times(Q(invitation=resend_of)),
        same_address=_times(own & everywhere),
        same_sender=_times(same_sender),
    )
    recent = {row["invitation__email"]: row for row in by_address}
    total = sum(row["total"] for row in recent.values())
    found = {email: _address_refusal(recent[email], at) for email in emails if email in recent}
    limited = {email: refusal for email, refusal in found.items() if refusal is not None}
    if not limited and total + len(emails) > DAILY_PER_ORGANIZATION:
        refusal = _organization_refusal(organization, total, len(emails), at)
        limited = dict.fromkeys(emails, refusal) if refusal else {}
    return limited


def _address_refusal(recent: Mapping[str, Any], at: dt.datetime) -> RateLimited | None:
    newest = recent["same_invitation"][:1]
    if newest and newest[0] > at - RESEND_INTERVAL:
        return _rate_limited("invitation", 1, newest[0] + RESEND_INTERVAL - at)
    for times, limit in (
        (recent["same_sender"], DAILY_PER_ADDRESS_AND_SENDER),
        (recent["same_address"], DAILY_PER_ADDRESS),
        (recent["everywhere"], DAILY_PER_ADDRESS_EVERYWHERE),
    ):
        if len(times) >= limit:
            return _rate_limited("address", limit, times[limit - 1] + DAY - at)
    return None


def _times(condition: Q) -> ArrayAgg:
    return ArrayAgg("created_at", filter=condition, order_by="-created_at", default=[])


def _organization_refusal(
    organization: uuid.UUID, mail_count: int, more: int, at: dt.datetime
) -> RateLimited | None:
    members = memberships_queries.active_or_suspended(at=at).filter(organization=organization).count()
    limit = DAILY_PER_ORGANIZATION + members
    if mail_count + more <= limit:
        return None
    links = InvitationToken.objects.filter(invitation__organization=organization, created_at__gt=at - DAY)
    times = list(links.order_by("-created_at").values_list("created_at", flat=True)[: limit + 1])
    # The mail that has to be a day old first, so that `more` of them fit; a set beyond the limit never fits.
    last = times[min(max(limit - more, 0), len(times) - 1)] if times else at
    return _rate_limited("organization", limit, last + DAY - at)


def _rate_limited(what: str, limit: int, wait: dt.timedelta) -> RateLimited:
    return RateLimited(what=what, most=limit, seconds=max(1, math.ceil(wait.total_seconds())))
