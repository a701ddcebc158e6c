"""A removal cancels the open invitations that the leavers sent."""

from delegation import impacts
from delegation.impacts import Impact, ImpactKind, Leaving
from delegation.invitations.models import Invitation


def _sent(leaving: Leaving) -> list[Impact]:
    """Count the open invitations from the leavers; those to them are not shown to every reader. One statement."""
    number = Invitation.objects.filter(
        organization=leaving.organization,
        invited_by__in=leaving.users,
        accepted_at=None,
        cancelled_at=None,
    ).count()
    return [Impact(ImpactKind.SENT_INVITATIONS, number=number)] if number else []


impacts.register("invitations", _sent)
