"""Staff identities and sessions follow from the events of staff sign-ins."""

from audit.foundation import digests
from audit.state import declarations
from audit.state.declarations import NotRebuilt, Rebuilt

_SIGNED = "signed together with the data of the session"
_COMPUTED = "computed by the database"

declarations.register(
    Rebuilt(
        table="identity_staffidentity",
        key=("user_id",),
        events="verb = 'staff.enrolled'",
        expected="""
            SELECT subject AS user_id, facts ->> 'issuer' AS issuer, facts ->> 'subject_digest' AS subject,
                   (facts ->> 'created_at')::timestamptz AS created_at
            FROM event
        """,
        actual=f"""
            SELECT user_id, issuer, {digests.sql("subject")} AS subject, created_at FROM identity_staffidentity
        """,  # noqa: S608 - a constant
        columns=("issuer", "subject", "created_at"),
        not_compared={
            "id": "an identity is identified by its user",
            "directory": _COMPUTED,
            "signed_in_at": "changes with each sign-in, whose event is pruned before the identity",
            "roles": "written with `signed_in_at`; alone it gives no right",
        },
    ),
    # Rows end without an event of their own, so absence is no difference. A row that has ended and is there is one.
    Rebuilt(
        table="identity_staffsession",
        key=("session_key",),
        events="verb IN ('staff_sign_in.succeeded', 'staff_session.ended', 'break_glass.used', 'break_glass.ended')",
        expected="""
            SELECT facts ->> 'staff_session' AS session_key, subject AS user_id, (facts ->> 'epoch')::integer AS epoch
            FROM event s WHERE facts ? 'staff_session' AND NOT EXISTS (
                SELECT FROM event x WHERE x.facts ->> 'ended_session' = s.facts ->> 'staff_session')
        """,
        actual="SELECT session_key, user_id, epoch FROM identity_staffsession WHERE expires_at > %(at)s",
        columns=("user_id", "epoch"),
        absence="true",
        not_compared={
            "session_data": "what the provider said, signed together with the row",
            "provider_session": _SIGNED,
            "break_glass_id": _SIGNED,
            "created_at": _SIGNED,
            "expires_at": _SIGNED,
            "last_seen_at": "changes with use",
            "directory": _COMPUTED,
        },
    ),
    Rebuilt(
        table="identity_breakglass",
        key=("id",),
        events="verb IN ('break_glass.opened', 'break_glass.used', 'break_glass.ended')",
        expected="""
            SELECT (o.facts ->> 'break_glass')::uuid AS id, o.facts ->> 'link_hash' AS link_hash,
                   (o.facts ->> 'enrolls')::boolean AS enrolls,
                   (o.facts ->> 'opened_at')::timestamptz AS opened_at,
                   (o.facts ->> 'link_expires_at')::timestamptz AS link_expires_at,
                   (o.facts ->> 'ends_at')::timestamptz AS ends_at,
                   (u.facts ->> 'used_at')::timestamptz AS used_at, (x.facts ->> 'ended_at')::timestamptz AS ended_at
            FROM event o
            LEFT JOIN event u ON u.verb = 'break_glass.used' AND u.facts ->> 'break_glass' = o.facts ->> 'break_glass'
            LEFT JOIN event x ON x.verb = 'break_glass.ended' AND x.facts ->> 'break_glass' = o.facts ->> 'break_glass'
            WHERE o.verb = 'break_glass.opened'
        """,
        actual="""
            SELECT id, link_hash, enrolls, opened_at, link_expires_at, ends_at, used_at, ended_at
            FROM identity_breakglass
        """,
        columns=("link_hash", "enrolls", "opened_at", "link_expires_at", "ends_at", "used_at", "ended_at"),
    ),
    Rebuilt(
        table="identity_breakglasspasskey",
        key=("id",),
        events="verb = 'break_glass.passkey_added'",
        expected="""
            SELECT (facts ->> 'passkey')::uuid AS id, facts ->> 'credential_digest' AS credential,
                   (facts ->> 'created_at')::timestamptz AS created_at FROM event
        """,
        actual=f"""
            SELECT id, {digests.sql("credential")} AS credential, created_at FROM identity_breakglasspasskey
        """,  # noqa: S608 - a constant
        columns=("credential", "created_at"),
        not_compared={"name": declarations.TEXT},
    ),
    NotRebuilt(
        "identity_stafflogout", "kept for an hour against repetition; the ended sessions are in the log"
    ),
)
