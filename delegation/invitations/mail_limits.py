"""How often invitations are mailed: nobody's mailbox is filled by us, and no company becomes a sender of bulk mail."""

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
"""Between two mails of one invitation: a click that was repeated."""
DAY = dt.timedelta(days=1)
DAILY_PER_ADDRESS_AND_SENDER = 5
"""Mails a day to one address by one person, also when it is withdrawn and invited anew."""
DAILY_PER_ADDRESS = 15
"""Of a whole organization: one who uses up their own share keeps no other admin from inviting that address."""
DAILY_PER_ORGANIZATION = 1000
"""Mails a day of one organization, and one more for each colleague: a large company may move in within a day."""


def check_mail_limit(
    *, actor: Actor, organization: uuid.UUID, email: str, at: dt.datetime, again: Invitation | None = None
) -> None:
    """Raises RateLimited if another mail to `email` would be one too many; `again` is what would be sent once more.

    Every mail has a link and every link its row: those of the last day are counted. One statement, unless refused. The
    supplier is never refused: somebody must be able to invite an admin.
    """
    if not actor.is_person:
        return
    to_one = Q(invitation__email=email)
    mine = to_one & (Q(invitation__invited_by=actor.id) | Q(invitation=again))
    sent = InvitationToken.objects.filter(invitation__organization=organization, created_at__gt=at - DAY)
    found = sent.aggregate(
        all=Count("hash"),
        same=ArrayAgg("created_at", filter=Q(invitation=again), order_by="-created_at", default=[]),
        to_one=ArrayAgg("created_at", filter=to_one, order_by="-created_at", default=[]),
        mine=ArrayAgg("created_at", filter=mine, order_by="-created_at", default=[]),
    )
    if again is not None and found["same"] and found["same"][0] > at - RESEND_INTERVAL:
        raise _rate_limited("invitation", 1, found["same"][0] + RESEND_INTERVAL - at)
    for times, most in ((found["mine"], DAILY_PER_ADDRESS_AND_SENDER), (found["to_one"], DAILY_PER_ADDRESS)):
        if len(times) >= most:
            raise _rate_limited("address", most, times[most - 1] + DAY - at)
    if found["all"] >= DAILY_PER_ORGANIZATION:
        _within_size(organization, found["all"], at)


def _within_size(organization: uuid.UUID, sent: int, at: dt.datetime) -> None:
    size = memberships_queries.active_or_suspended(at=at).filter(organization=organization).count()
    most = DAILY_PER_ORGANIZATION + size
    if sent < most:
        return
    links = InvitationToken.objects.filter(invitation__organization=organization, created_at__gt=at - DAY)
    times = links.order_by("-created_at").values_list("created_at", flat=True)
    raise _rate_limited("organization", most, times[most - 1] + DAY - at)


def _rate_limited(what: str, most: int, wait: dt.timedelta) -> RateLimited:
    return RateLimited(what=what, most=most, seconds=max(1, math.ceil(wait.total_seconds())))
