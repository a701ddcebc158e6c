"""Ending memberships."""

import uuid
from collections.abc import Collection, Sequence

from django.db import connection

from audit.log.ledger import Subject
from delegation import continuity
from delegation.access import store as access_store
from delegation.acts.act import Act
from delegation.authorization import authorities
from delegation.authorization.verbs import Verb
from identity import lifecycle
from identity.memberships.models import Membership
from identity.revocation import Revoked


def end_members(act: Act, members: Sequence[Membership]) -> Revoked:
    """End these members' access here, and the invitations they sent. Statements: constant, whatever the size.

    Raises Denied, NotFound and LastAdmin.
    """
    ids = act.require(Verb.MEMBER_REMOVE, members)
    continuity.require_remaining_admin(organization=act.organization, without=ids, at=act.at)
    states = authorities.period_states(ids=ids, at=act.at)
    held = access_store.snapshot(memberships=ids, at=act.at)
    access_store.end(memberships=ids, at=act.at)
    ended = lifecycle.end(memberships=ids, at=act.at)
    _withdraw_invitations(act, {row.user_id for row in members})
    for one in ids:
        before = {"state": states[one], "access": held.get(one, [])}
        act.record_change(one, verb=Verb.MEMBER_REMOVE, before=before, after={"state": "ended"})
    return ended


_WITHDRAW = """
UPDATE delegation_invitation SET cancelled_at = %(at)s
WHERE organization_id = %(organization)s AND invited_by = ANY(%(users)s)
  AND accepted_at IS NULL AND cancelled_at IS NULL
RETURNING id
"""


def _withdraw_invitations(act: Act, users: Collection[uuid.UUID]) -> None:
    """Invitations that a leaver sent go with the leaver."""
    with connection.cursor() as cursor:
        cursor.execute(_WITHDRAW, {"organization": act.organization, "users": list(users), "at": act.at})
        named = [one for (one,) in cursor.fetchall()]
    for one in named:
        act.also(Verb.INVITATION_CANCEL, Subject("invitation", one), cause=Verb.MEMBER_REMOVE)
