"""Commands of any capability remove, suspend, restore and sign out members by these effects."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence

from django.db import connection

from audit.log.ledger import Subject
from audit.personal_data import PersonalValue
from delegation import continuity
from delegation.absence_claims import store as absence_claims_store
from delegation.access import rules as access_rules
from delegation.access import store as access_store
from delegation.acts.act import Act
from delegation.authorization import authorities
from delegation.authorization.errors import NotFound, Unchanged
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from delegation.departures import store as departures_store
from delegation.departures.models import PlannedRemoval
from delegation.duties import store as duties_store
from identity import lifecycle, periods, revocation
from identity.memberships.models import Membership
from identity.people import addresses
from identity.revocation import Revoked
from identity.sessions.models import SignIn


def end_members(act: Act, members: Sequence[Membership], *, since: dt.datetime | None = None) -> Revoked:
    """End these members' access here and their service users, and cancel the open invitations from and to them.

    `since` is the planned instant at which the memberships have ended by their intervals. The number of statements is
    constant. Raises Denied, NotFound and LastAdmin.
    """
    ids = act.require(Verb.MEMBER_REMOVE, members)
    if since is None:
        continuity.require_remaining_admin(organization=act.organization, without=ids, at=act.at)
    outcomes = PlannedRemoval.PlanOutcome
    outcome = outcomes.REPLACED if since is None else outcomes.CARRIED_OUT
    departures_store.close(memberships=ids, outcome=outcome, at=act.at)
    absence_claims_store.close_of_removed(memberships=ids, closed_by=act.actor.id, at=act.at)
    duties_store.end_of_removed(memberships=ids, closed_by=act.actor.id, at=act.at)
    states = authorities.period_states(ids=ids, at=_before(since) if since else act.at)
    assignments = access_store.snapshot(memberships=ids, at=act.at)
    access_store.end(memberships=ids, at=act.at)
    revoked = lifecycle.end(memberships=ids, at=act.at)
    users = {row.id: row.user_id for row in members}
    _cancel_invitations(act, set(users.values()))
    _end_service_users(act, ids, cause=Verb.MEMBER_REMOVE)
    ended = {"since": since.isoformat()} if since else {}
    for member in ids:
        before = {"state": states[member], "access": assignments.get(member, [])}
        after = {"state": "ended", "everywhere": users[member] in revoked.users, **ended}
        act.record_change(member, verb=Verb.MEMBER_REMOVE, before=before, after=after)
    return revoked


def _before(end: dt.datetime) -> dt.datetime:
    """Return the last instant of an interval that ends at `end`."""
    return end - dt.timedelta(microseconds=1)


def suspend_members(act: Act, members: Sequence[Membership]) -> Revoked:
    """Stop these members' access for a while and end their service users. The number of statements is constant.

    Raises Denied, NotFound, LastAdmin and Unchanged.
    """
    ids = act.require(Verb.MEMBER_SUSPEND, members)
    _require_state(ids, "active", act.at)
    continuity.require_remaining_admin(organization=act.organization, without=ids, at=act.at)
    revoked = periods.suspend(memberships=ids, at=act.at)
    _end_service_users(act, ids, cause=Verb.MEMBER_SUSPEND)
    for row in members:
        after = {"state": "suspended", "everywhere": row.user_id in revoked.users}
        act.record_change(row.id, verb=Verb.MEMBER_SUSPEND, before={"state": "active"}, after=after)
    return revoked


def resume_members(act: Act, members: Sequence[Membership]) -> None:
    """Let the access of suspended members go on as it was. Sessions, tokens and service users stay ended.

    Raises Denied, NotFound and Unchanged.
    """
    ids = act.require(Verb.MEMBER_RESUME, members)
    _require_state(ids, "suspended", act.at)
    periods.resume(memberships=ids, at=act.at)
    for member in ids:
        before, after = {"state": "suspended"}, {"state": "active"}
        act.record_change(member, verb=Verb.MEMBER_RESUME, before=before, after=after)


def _require_state(members: Sequence[uuid.UUID], state: str, at: dt.datetime) -> None:
    if any(found != state for found in authorities.period_states(ids=members, at=at).values()):
        raise Unchanged


def sign_out_all(act: Act) -> Revoked:
    """Revoke everything issued for the one member of the act, until the person proves again who they are."""
    (member,) = act.on
    revoked = revocation.revoke_memberships(memberships=[member.id], at=act.at)
    after = {"signed_out": True, "everywhere": member.user_id in revoked.users}
    act.record_change(member.id, before={}, after=after)
    return revoked


def sign_out_of(act: Act, sign_in: uuid.UUID) -> Revoked:
    """End one sign-in of the one member of the act. Raises Unchanged where it has ended, and NotFound."""
    (member,) = act.on
    row = SignIn.objects.filter(id=sign_in, membership=member.id).first()
    if row is None:
        raise NotFound
    if row.ended_at is not None:
        raise Unchanged
    revoked = revocation.revoke_sign_in(sign_in=row, at=act.at)
    ended = {"ended_session": row.session_key} if revoked.sessions else {}
    act.record(sid=str(sign_in), **ended)
    return revoked


_CANCEL = f"""
UPDATE delegation_invitation SET cancelled_at = %(at)s
WHERE organization_id = %(organization)s AND accepted_at IS NULL AND cancelled_at IS NULL
  AND (invited_by = ANY(%(users)s)
       OR email IN ({addresses.OWNED}))
RETURNING id, invited_by = ANY(%(users)s)
"""  # noqa: S608 - a constant


def _cancel_invitations(act: Act, users: Collection[uuid.UUID]) -> None:
    """Cancel the open invitations that the leavers sent, and those with which a leaver could join again."""
    with connection.cursor() as cursor:
        cursor.execute(_CANCEL, {"organization": act.organization, "users": list(users), "at": act.at})
        cancelled = cursor.fetchall()
    for invitation, sent_by_leaver in cancelled:
        subject = Subject("invitation", invitation)
        facts = {} if sent_by_leaver else {"to_leaver": True}
        act.also(Verb.INVITATION_CANCEL, subject, cause=Verb.MEMBER_REMOVE, facts=facts)


def _end_service_users(act: Act, owners: Collection[uuid.UUID], *, cause: Verb) -> None:
    """End the leavers' programs: each has an event that names it, although it would stop without one."""
    for service_user, name, until in lifecycle.end_service_users_of(owners=owners, at=act.at):
        act.also(
            Verb.SERVICE_USER_END,
            Subject("service_user", service_user),
            cause=cause,
            before={"until": until.isoformat()},
            after={"state": "ended"},
            personal={"name": PersonalValue(name, (service_user,))},
        )


def restore_members(act: Act, members: Sequence[Membership], *, access: AccessSpec) -> None:
    """Make former members active with this access. The number of statements is constant.

    Raises InvalidAccess, ExceedsAuthority, ExceedsCeiling, Denied and NotFound.
    """
    ids = act.require(Verb.MEMBER_RESTORE, members)
    access_rules.check_assignment_authority(
        actor=act.actor,
        verb=Verb.MEMBER_RESTORE,
        organization=act.organization,
        access=access,
        at=act.at,
        receivers=[row.user_id for row in members],
    )
    lifecycle.activate(memberships=ids, at=act.at)
    access_store.assign(memberships=ids, access=access, actor=act.actor, act=act.id, at=act.at)
    after = {"state": "active", "access": [access.to_json()]}
    for member in ids:
        act.record_change(member, verb=Verb.MEMBER_RESTORE, before={"state": "ended"}, after=after)
