"""What colleagues did to their own sign-in: it stands in their own streams, and concerns where they work."""

import uuid
from collections.abc import Collection

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from audit.foundation.intervals import InForce
from audit.models import Event
from delegation.authorization.verbs import Observation
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
"""Not sign-ins to the portal itself: they may have been for another company."""
_ATTEMPTS = [Observation.SIGN_IN_FAILED.value, Observation.SIGN_IN_DENIED.value]
"""May have been for another company as well, where the person has one."""
MOST = 2000
"""People whose own streams are read at once."""


def own_sign_ins(
    *, organization: uuid.UUID, people: Collection[uuid.UUID] | None, verbs: Collection[str] | None
) -> QuerySet[Event] | None:
    """Events in the own streams of those who were colleagues here at that instant.

    None where none of these verbs is asked for. One statement at most.
    """
    if VERBS.isdisjoint(verbs or ()):
        return None
    here = Membership.objects.filter(organization=organization)
    users = here.filter(user__in=people) if people is not None else here.order_by("-created_at")
    periods = MembershipPeriod.objects.filter(
        InForce(OuterRef("at")),
        membership__organization=organization,
        membership__user=OuterRef("subject"),
    )
    others = Membership.objects.filter(user=OuterRef("subject")).exclude(organization=organization)
    return Event.objects.filter(
        Exists(periods),
        ~Q(verb__in=_ATTEMPTS) | ~Exists(others),
        organization=None,
        chain=F("subject"),
        subject__in=list(users.values_list("user_id", flat=True)[:MOST]),
        verb__in=[verb.value for verb in VERBS],
    )
