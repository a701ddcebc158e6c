"""The secret of a mailed link leads to its invitation. Acceptance checks the link again under the lock."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence

from delegation.authorization.errors import InvitationGone
from delegation.authorization.values import AccessSpec, AmountLimit
from delegation.invitations.models import Invitation, InvitationToken
from identity import machine_secrets

PREFIX = "khi"
VALIDITY = dt.timedelta(days=7)
"""An invitation expires this long after it was last sent."""
RETENTION = dt.timedelta(days=90)
"""Until then a dead link says why it is dead; afterwards it is an unknown link."""


def invitation_of_link(link: str) -> Invitation | None:
    """Find the invitation of a link in any state; None for an unknown secret."""
    if not link.startswith(f"{PREFIX}_"):
        return None
    return (
        Invitation.objects.filter(tokens__hash__in=machine_secrets.hash_candidates(link))
        .select_related("organization", "role")
        .prefetch_related("sites")
        .first()
    )


def invitations_of_links(links: Sequence[str]) -> dict[str, Invitation]:
    """Find the invitations of these links, in any state. The number of statements is constant."""
    hashes = {hashed: link for link in links for hashed in machine_secrets.hash_candidates(link)}
    tokens = InvitationToken.objects.filter(hash__in=list(hashes)).values_list("hash", "invitation")
    by_link = {hashes[hashed]: invitation for hashed, invitation in tokens}
    rows = Invitation.objects.filter(id__in=list(by_link.values())).select_related("organization", "role")
    by_id = {row.id: row for row in rows.prefetch_related("sites")}
    return {link: by_id[by_link[link]] for link in links if link in by_link}


def require_open(invitation: Invitation) -> None:
    """Raise InvitationGone for a used and for a cancelled invitation; an expired one can be sent again."""
    if invitation.accepted_at is not None:
        raise InvitationGone(state="used")
    if invitation.cancelled_at is not None:
        raise InvitationGone(state="cancelled")


def last_sent_at(invitation: Invitation) -> dt.datetime:
    """Return when the newest link was made; a resend moves the expiry."""
    return invitation.expires_at - VALIDITY


def offered_access(invitation: Invitation) -> AccessSpec:
    """Return the access that an invitation offers. One statement."""
    return _access(invitation, invitation.sites.values_list("id", flat=True))


def access_of_loaded(invitation: Invitation) -> AccessSpec:
    """Return the access of an invitation that was read with its role and its sites."""
    return _access(invitation, (site.id for site in invitation.sites.all()))


def _access(invitation: Invitation, sites: Iterable[uuid.UUID]) -> AccessSpec:
    return AccessSpec(
        role=invitation.role.key,
        all_sites=invitation.all_sites,
        sites=frozenset(sites),
        limits={line["entitlement"]: AmountLimit.from_json(line) for line in invitation.limits},
        until=invitation.access_until,
    )
