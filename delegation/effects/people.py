"""Ending memberships."""

import uuid
from collections.abc import Collection, Sequence

from django.db import connection

from audit.ledger import Subject
from delegation import granting, powers, rules
from delegation.act import Act
from delegation.verbs import Verb
from identity import lifecycle
from identity.access import Ended
from identity.models import Membership


def end_members(act: Act, members: Sequence[Membership]) -> Ended:
    """End these members' access here, and the invitations they sent. Statements: constant, whatever the size.

    Raises Denied, NotFound and LastAdmin.
    """
    ids = act.require(Verb.MEMBER_REMOVE, members)
    rules.keep_an_admin(organization=act.organization, losing=ids, at=act.at)
    states = powers.states(ids=ids, at=act.at)
    held = granting.held(memberships=ids, at=act.at)
    granting.close(memberships=ids, at=act.at)
    ended = lifecycle.end(memberships=ids, at=act.at)
    _withdraw_invitations(act, {row.user_id for row in members})
    for one in ids:
        before = {"state": states[one], "access": held.get(one, [])}
        act.record_change(
            Verb.MEMBER_REMOVE, Subject("membership", one), before=before, after={"state": "ended"}
        )
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
        act.also(Verb.INVITATION_CANCEL, Subject("invitation", one), because=Verb.MEMBER_REMOVE)
