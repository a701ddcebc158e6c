"""A request is kept while it can be confirmed; a confirmed one for the retention period after its end."""

import datetime as dt
import uuid
from collections.abc import Collection

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from delegation.invitations.models import Invitation
from delegation.orphan_cases.models import OrphanCase, OrphanRequest

MOST_MAILED = 100


def due(*, at: dt.datetime) -> QuerySet[OrphanRequest]:
    """Filter the requests to erase, the oldest first.

    Not confirmed in time: at once. With a case: `ERASURE_AFTER` after its end. Without one: after staff closed it, or
    after its confirmation where no one decided.
    """
    before = at - settings.ERASURE_AFTER
    ends = OrphanRequest.objects.annotate(decided=Coalesce("decided_at", "confirmed_at"))
    return ends.filter(
        Q(confirmed_at=None, expires_at__lte=at)
        | Q(confirmed_at__isnull=False, case__closed_at__lte=before)
        | Q(case=None, decided__lte=before)
    ).order_by(F("asked_at"), "id")


MAILED_WITHIN = dt.timedelta(days=7)
"""How long after the end of a request its mail is queued: the deliverer may have stood still."""


def ended_without_success(*, at: dt.datetime, besides: Collection[uuid.UUID] = ()) -> list[OrphanRequest]:
    """List the requests that staff closed lately, or whose case ended without this person as the admin.

    Those of `besides` are left out. So are addresses with an open case or invitation, another request in an open case,
    or a case that was resolved since: the mail names no company, and would say that this one ended. One of each
    address and case, and `MOST_MAILED` at most. One statement.
    """
    since = at - MAILED_WITHIN
    ended = Q(case__closed_at__gt=since) & (
        Q(case__state=OrphanCase.State.CLOSED) | ~Q(email__iexact=F("case__email"))
    )
    closed = Q(case=None, decided_at__gt=since) | ended
    earlier = OrphanRequest.objects.filter(
        case=OuterRef("case"), email=OuterRef("email"), confirmed_at__isnull=False, id__lt=OuterRef("id")
    )
    of_address = Q(email__iexact=OuterRef("email"))
    waiting = OrphanRequest.objects.filter(
        of_address, confirmed_at__isnull=False, case__isnull=False, case__closed_at=None
    )
    cases = OrphanCase.objects.filter(
        of_address,
        Q(closed_at=None) | Q(state=OrphanCase.State.RESOLVED, closed_at__gt=OuterRef("asked_at")),
    )
    # That of a case is open while the case is.
    of_case = OrphanCase.objects.filter(invitation=OuterRef("id"))
    invitations = Invitation.objects.filter(
        of_address, ~Exists(of_case), accepted_at=None, cancelled_at=None, expires_at__gt=at
    )
    others = Exists(waiting) | Exists(cases) | Exists(invitations)
    rows = OrphanRequest.objects.filter(closed, ~Exists(earlier), ~others).exclude(id__in=besides)
    return list(rows.order_by("id")[:MOST_MAILED])
