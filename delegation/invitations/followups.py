"""Capabilities take part in the acceptance of an invitation, in its act and before its commit."""

from collections.abc import Callable

from delegation.acts.act import Act
from delegation.invitations.models import Invitation
from identity.memberships.models import Membership

Followup = Callable[[Act, Invitation, Membership], None]
_registered: list[Followup] = []


def register(followup: Followup) -> None:
    """Let `followup` act on each acceptance, or refuse it by an error."""
    if followup not in _registered:
        _registered.append(followup)


def run(act: Act, invitation: Invitation, membership: Membership) -> None:
    """Call what was registered. One statement by each, for an invitation that does not concern it."""
    for followup in _registered:
        followup(act, invitation, membership)
