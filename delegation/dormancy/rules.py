"""The supplier's rule says after how long a member is dormant; two warnings come a month and half a month before."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Greatest

from audit.foundation.intervals import InForce
from delegation.authorization.errors import Unchanged
from delegation.dormancy.models import DormancyWarning
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership, MembershipPeriod

AHEAD = (dt.timedelta(days=30), dt.timedelta(days=15))
"""So long before the suspension the first and the second warning are due."""
SUSPENSION = len(AHEAD) + 1
"""The number of the step after the warnings."""


@dataclass(frozen=True, slots=True)
class DormancyStep:
    """Says what is due for a member: a warning by its number, or the suspension."""

    number: int
    suspends_at: dt.datetime


def members_seen(*, at: dt.datetime) -> QuerySet[Any]:
    """Annotate active people with `seen_at`, the last sign-in or the beginning of the period, and with their warnings.

    `announced_at` is the last instant that a warning gave. A warning before `seen_at` does not count. No statement of
    its own.
    """
    periods = MembershipPeriod.objects.filter(InForce(at), membership=OuterRef("pk"))
    warnings = DormancyWarning.objects.filter(membership=OuterRef("pk"), warned_at__gt=OuterRef("seen_at"))
    newest = warnings.order_by("-warned_at")
    rows = memberships_queries.active(at=at).filter(kind=Membership.Kind.PERSON, user__is_active=True)
    # GREATEST of SQL leaves NULL out: a member without a recorded sign-in was seen when the period began.
    seen = rows.annotate(joined=Subquery(periods.values("valid_from")[:1]))
    return seen.annotate(seen_at=Greatest(F("joined"), F("last_sign_in__at"))).annotate(
        warned=Subquery(newest.values("number")[:1]),
        announced_at=Subquery(warnings.order_by("-suspends_at").values("suspends_at")[:1]),
    )


def due(
    *, seen_at: dt.datetime, warned: int | None, announced_at: dt.datetime | None, at: dt.datetime
) -> DormancyStep | None:
    """Return the next step of a member if it is due, else None.

    A warning announces the suspension at least as far ahead as `AHEAD` says, also where the rule was set or changed
    late. Nothing comes earlier than announced.
    """
    number, ends = (warned or 0) + 1, seen_at + settings.DORMANT_AFTER
    ends = max(ends, announced_at) if announced_at else ends
    ahead = AHEAD[number - 1] if number <= len(AHEAD) else dt.timedelta()
    return None if at < ends - ahead else DormancyStep(number, max(ends, at + ahead))


def require_due(members: Iterable[Membership], *, number: int, at: dt.datetime) -> Collection[Membership]:
    """Read the members again under the locks. Raises Unchanged where one signed in, or got this step, meanwhile."""
    ids = [row.id for row in members]
    rows = list(members_seen(at=at).filter(id__in=ids).order_by("id"))
    steps = [step_of(row, at=at) for row in rows]
    if len(rows) != len(ids) or any(step is None or step.number != number for step in steps):
        raise Unchanged
    return rows


def step_of(row: Membership, *, at: dt.datetime) -> DormancyStep | None:
    """Return the step that is due for a row of `members_seen`."""
    names = ("seen_at", "warned", "announced_at")
    return due(**{name: getattr(row, name) for name in names}, at=at)
