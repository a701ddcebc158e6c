"""A browser of a person of several organizations is signed in for one when it opens its pages."""

import datetime as dt

from django.db import connection

from identity.memberships.queries import ActiveMembership
from identity.sessions.store import SessionStore


def note(*, session: SessionStore, membership: ActiveMembership, at: dt.datetime) -> None:
    """Count this browser's sign-in for the membership. One statement, and none where a sign-in since then counts."""
    row = session.row
    if row is None or session.is_polled:
        return
    counted_at = membership.last_sign_in_at
    if counted_at is None or counted_at < row.created_at:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT identity_browser_opened_organization(%s, %s, %s)",
                [row.session_key, membership.id, at],
            )
