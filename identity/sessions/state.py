"""A signed-in browser session is compared with the event of its sign-in, and a sign-in to a service with its own."""

from audit.state import declarations
from audit.state.declarations import Rebuilt

_BROWSER = "the browser's own data, signed together with key, user, directory, epoch and limits"
_SIGNED = "signed together with the data of the session"
_INSTANT = "changes with use"
_SERVICE = "subject_kind = 'membership' AND verb = 'sign_in.succeeded'"
_WITH_GRANTS = "compared with the grants of this sign-in"

declarations.register(
    # Rows end without an event of their own, so absence is no difference. A row that has ended and is there is one.
    Rebuilt(
        table="identity_session",
        key=("session_key",),
        events="""
            subject_kind = 'user' AND verb IN ('sign_in.succeeded', 'session.ended', 'person.sign_out')
            OR verb = 'member.sign_out'
        """,
        expected="""
            SELECT DISTINCT ON (1) facts ->> 'session' AS session_key, subject AS user_id, 'customer' AS directory,
                   (facts ->> 'epoch')::integer AS epoch
            FROM event s WHERE subject_kind = 'user' AND facts ? 'session' AND NOT EXISTS (
                SELECT FROM event x WHERE x.facts ->> 'ended_session' = s.facts ->> 'session')
            ORDER BY 1, at DESC, id DESC
        """,
        actual="""
            SELECT session_key, user_id, directory, epoch FROM identity_session
            WHERE user_id IS NOT NULL AND identity_session_open(expire_date, last_seen_at, %(at)s)
        """,
        columns=("user_id", "directory", "epoch"),
        absence="true",
        not_compared={
            "session_data": _BROWSER,
            "expire_date": _SIGNED,
            "created_at": _SIGNED,
            "last_seen_at": _INSTANT,
            "agent": "the name of the browser, for lists",
        },
    ),
    Rebuilt(
        table="identity_signin",
        key=("id",),
        events=_SERVICE,
        expected="""
            SELECT DISTINCT (e.facts ->> 'sid')::uuid AS id, e.subject AS membership_id, m.user_id
            FROM event e LEFT JOIN identity_membership m ON m.id = e.subject
        """,
        actual="SELECT id, membership_id, user_id FROM identity_signin",
        columns=("membership_id", "user_id"),
        absence="true",
        not_compared={
            "session_key": "names the browser session for its end; the database refuses a change",
            "user_epoch": _WITH_GRANTS,
            "membership_epoch": _WITH_GRANTS,
            "auth_time": _INSTANT,
            "amr": _INSTANT,
            "started_at": _INSTANT,
            "last_seen_at": _INSTANT,
            "ended_at": "set once: the database refuses another value",
        },
    ),
    Rebuilt(
        table="identity_signin_clients",
        key=("signin_id", "client_id"),
        events=_SERVICE,
        expected="SELECT DISTINCT (facts ->> 'sid')::uuid AS signin_id, facts ->> 'client' AS client_id FROM event",
        actual="SELECT signin_id, client_id FROM identity_signin_clients",
        # A restore leaves no sign-in.
        absence="NOT EXISTS (SELECT FROM identity_signin s WHERE s.id = e.signin_id)",
        not_compared={"id": "identified by sign-in and client"},
    ),
)
