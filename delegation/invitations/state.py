"""Invitations, their sites and their links follow from the events that send, resend, accept and cancel them."""

from audit.state import declarations
from audit.state.declarations import Rebuilt
from delegation.invitations import links

_EVENTS = """
    verb = 'member.invite'
    OR subject_kind = 'invitation' AND verb IN ('invitation.resend', 'invitation.accept', 'invitation.cancel')
"""
_SENT = """
    WITH sent AS (SELECT *, (facts ->> 'invitation')::uuid AS id_sent, after -> 'access' AS access
                  FROM event WHERE verb = 'member.invite')
"""

declarations.register(
    Rebuilt(
        table="delegation_invitation",
        key=("id",),
        events=_EVENTS,
        expected=f"""
            {_SENT}, resent AS (
                SELECT DISTINCT ON (subject) subject, (after ->> 'expires_at')::timestamptz AS expires_at, actor,
                       actor_kind
                FROM event WHERE verb = 'invitation.resend' ORDER BY subject, seq DESC
            )
            SELECT s.id_sent AS id, s.chain AS organization_id, access ->> 'role' AS role_id,
                   (access ->> 'all_sites')::boolean AS all_sites,
                   (SELECT coalesce(jsonb_agg(jsonb_build_object('entitlement', l.key) || l.value
                                              ORDER BY l.key COLLATE "C"), '[]')
                    FROM jsonb_each(access -> 'limits') l) AS limits,
                   (access ->> 'until')::timestamptz AS access_until, coalesce(r.actor, s.actor) AS invited_by,
                   coalesce(r.actor_kind, s.actor_kind) AS invited_by_kind, s.at AS created_at,
                   coalesce(r.expires_at, (s.after ->> 'expires_at')::timestamptz) AS expires_at,
                   a.at AS accepted_at, c.at AS cancelled_at, (a.after ->> 'membership')::uuid AS membership_id,
                   s.after ->> 'language' AS language, s.personal -> 'email' AS email, s.personal -> 'name' AS name
            FROM sent s
            LEFT JOIN resent r ON r.subject = s.id_sent
            LEFT JOIN event a ON a.subject = s.id_sent AND a.verb = 'invitation.accept'
            LEFT JOIN event c ON c.subject = s.id_sent AND c.verb = 'invitation.cancel'
        """,  # noqa: S608 - constants of this module
        actual="""
            SELECT i.id, i.organization_id, r.key AS role_id, i.all_sites, i.limits, i.access_until, i.invited_by,
                   i.invited_by_kind, i.created_at, i.expires_at, i.accepted_at, i.cancelled_at, i.membership_id,
                   i.language, i.email, i.name
            FROM delegation_invitation i JOIN delegation_role r ON r.id = i.role_id
        """,
        columns=(
            "organization_id",
            "role_id",
            "all_sites",
            "limits",
            "access_until",
            "invited_by",
            "invited_by_kind",
            "created_at",
            "expires_at",
            "accepted_at",
            "cancelled_at",
            "membership_id",
            "language",
        ),
        encrypted=("email", "name"),
    ),
    Rebuilt(
        table="delegation_invitation_sites",
        key=("invitation_id", "site_id"),
        events="verb = 'member.invite'",
        expected=f"""
            {_SENT} SELECT id_sent AS invitation_id, site::uuid AS site_id
            FROM sent, jsonb_array_elements_text(access -> 'sites') site
        """,  # noqa: S608 - constants of this module
        actual="SELECT invitation_id, site_id FROM delegation_invitation_sites",
        not_compared={"id": "identified by invitation and site"},
    ),
    # Links are deleted some time after their invitation closed.
    Rebuilt(
        table="delegation_invitationtoken",
        key=("hash",),
        events="verb IN ('member.invite', 'invitation.resend')",
        expected=f"""
            SELECT e.facts ->> 'link' AS hash, l.invitation_id, e.at AS created_at,
                   least(i.expires_at, i.accepted_at, i.cancelled_at) < %(at)s - interval '{links.RETENTION.days} days'
                   AS may_be_deleted
            FROM event e
            CROSS JOIN LATERAL (SELECT coalesce((e.facts ->> 'invitation')::uuid, e.subject) AS invitation_id) l
            LEFT JOIN delegation_invitation i ON i.id = l.invitation_id
        """,  # noqa: S608 - a constant
        actual="SELECT hash, invitation_id, created_at FROM delegation_invitationtoken",
        columns=("invitation_id", "created_at"),
        absence="coalesce(e.may_be_deleted, false)",
    ),
)
