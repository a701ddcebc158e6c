"""What colleagues did to their own sign-in: it stands in their own streams, and concerns where they work."""

import uuid
from collections.abc import Collection

from django.db.models import Exists, F, OuterRef, Q

from delegation.verbs import Noted
from identity.models import Membership, MembershipPeriod

VERBS = frozenset(
    {
        Noted.FACTOR_ADDED,
        Noted.FACTOR_REMOVED,
        Noted.FACTOR_RESET,
        Noted.PASSWORD_CHANGED,
        Noted.PASSWORD_RESET,
        Noted.SIGN_IN_FAILED,
        Noted.SIGN_IN_REFUSED,
    }
)
"""Not sign-ins to the portal itself: they may have been for another company."""
MOST = 2000
"""People whose own streams are read at once."""


def own(*, organization: uuid.UUID, people: Collection[uuid.UUID] | None, verbs: Collection[str] | None) -> Q:
    """A condition on events: in the own stream of somebody who was a colleague here at that instant.

    Nothing where none of these verbs is asked for. One statement at most.
    """
    wanted = VERBS & {Noted(verb) for verb in verbs or () if verb in set(Noted)}
    if not wanted:
        return Q(pk__in=())
    here = Membership.objects.filter(organization=organization)
    users = here.filter(user__in=people) if people is not None else here.order_by("-created_at")
    periods = MembershipPeriod.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=OuterRef("at")),
        membership__organization=organization,
        membership__user=OuterRef("subject"),
        valid_from__lte=OuterRef("at"),
    )
    return Q(
        Exists(periods),
        organization=None,
        chain=F("subject"),
        subject__in=list(users.values_list("user_id", flat=True)[:MOST]),
        verb__in=[verb.value for verb in wanted],
    )
