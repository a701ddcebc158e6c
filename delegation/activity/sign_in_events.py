"""Events of members' own sign-ins are in each person's own chain, and concern the person's organizations."""

import uuid
from collections.abc import Collection

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from audit.foundation.intervals import InForce
from audit.models import Event
from delegation.activity.scope import LogScope
from delegation.authorization.event_types import Observation
from identity.memberships.models import Membership, MembershipPeriod

VERBS = frozenset(
    {
        Observation.FACTOR_ADDED,
        Observation.FACTOR_REMOVED,
        Observation.FACTOR_RESET,
        Observation.PASSWORD_CHANGED,
        Observation.PASSWORD_RESET,
        Observation.SIGN_IN_FAILED,
        Observation.SIGN_IN_DENIED,
    }
)
"""Successful sign-ins to the portal are left out: they may concern another organization."""
_ATTEMPTS = [Observation.SIGN_IN_FAILED.value, Observation.SIGN_IN_DENIED.value]
"""May concern another organization, where the person has one."""
MAX_PEOPLE = 2000
"""The number of people whose own chains are read at once."""


def own_sign_ins(
    *, scope: LogScope, people: Collection[uuid.UUID] | None, verbs: Collection[str] | None
) -> QuerySet[Event] | None:
    """Events in the own chains of the scope's people who were members at that instant; None without such verbs.

    One statement at most.
    """
    if VERBS.isdisjoint(verbs or ()):
        return None
    members = scope.memberships
    members = members.filter(user__in=people) if people is not None else members.order_by("-created_at")
    periods = MembershipPeriod.objects.filter(
        InForce(OuterRef("at")),
        membership__organization=scope.organization,
        membership__user=OuterRef("subject"),
    )
    others = Membership.objects.filter(user=OuterRef("subject")).exclude(organization=scope.organization)
    return Event.objects.filter(
        Exists(periods),
        ~Q(verb__in=_ATTEMPTS) | ~Exists(others),
        organization=None,
        chain=F("subject"),
        subject__in=list(members.values_list("user_id", flat=True)[:MAX_PEOPLE]),
        verb__in=[verb.value for verb in VERBS],
    )
