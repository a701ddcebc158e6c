"""The planner reads one chain from its cursor on and makes the rows due that follow from its events.

One statement moves the cursor and makes the rows due; the log's order is commit order, so nothing is skipped, and
reading the same events again is harmless. The number of statements does not depend on the number of subjects.
"""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from audit.foundation import clock
from delegation.authorization import verbs
from delegation.authorization.verbs import Effect, Verb
from provisioning.accounts import cursors, progress, sync
from provisioning.logout import token_families

# `touched` has the memberships that the new events affect, and whether each is in force. An event about a person
# affects all of their memberships, one about anything else of an organization all of its members.
# It counts where EXISTS would do: for EXISTS the database may read the periods or ceilings of all organizations.
_TOUCHED = """
fresh AS (
    SELECT act, at, verb, subject_kind, subject, organization FROM news
    WHERE outcome = 'done' AND verb <> ALL(%(idle)s)
      AND NOT (subject_kind = 'organization' AND verb = ANY(%(members)s))
),
hit AS (
    SELECT f.subject AS membership, f.act, f.at FROM fresh f WHERE f.subject_kind = 'membership'
    UNION SELECT i.membership_id, f.act, f.at FROM fresh f
        JOIN delegation_published_invitation i ON i.id = f.subject WHERE f.subject_kind = 'invitation'
    UNION SELECT m.id, f.act, f.at FROM fresh f
        JOIN identity_published_membership m ON m.user_id = f.subject WHERE f.subject_kind = 'user'
    UNION SELECT m.id, f.act, f.at FROM fresh f
        JOIN identity_published_membership m ON m.organization_id = f.organization
        WHERE f.subject_kind NOT IN ('membership', 'invitation', 'user')
),
touched AS MATERIALIZED (
    SELECT m.id AS membership, m.user_id, m.organization_id, h.act, h.at,
           NOT (o.in_force AND u.is_active AND (
               SELECT count(*) FROM identity_published_period p WHERE p.membership_id = m.id AND p.state = 'active'
               AND not_ended(p.valid_until, (SELECT at FROM present))) > 0) AS gone
    FROM hit h
    JOIN identity_published_membership m ON m.id = h.membership
    JOIN identity_published_organization o ON o.id = m.organization_id
    JOIN identity_published_user u ON u.id = m.user_id
)
"""

# Every member of an organization with an offer of the application gets an account. A leaver gets the ending too where
# the account is missing: the row is free, and the target may have the record. Unless the account says that the record
# is active, the target is asked before it counts as closed.
_MARK = """
affected AS (
    SELECT t.id AS target_id, x.user_id, CASE WHEN t.record_per = 'membership' THEN x.membership END AS membership_id,
           bool_or(x.gone) AS gone, (array_agg(x.act ORDER BY x.at DESC))[1] AS act
    FROM touched x CROSS JOIN provisioning_target t
    WHERE t.is_active AND (
        (
            SELECT count(*) FROM delegation_published_offer o
            WHERE o.organization_id = x.organization_id AND o.application_id = t.application_id) > 0
        OR EXISTS (
            SELECT 1 FROM provisioning_account a WHERE a.target_id = t.id AND a.user_id = x.user_id
            AND (a.membership_id IS NULL OR a.membership_id = x.membership)))
    GROUP BY 1, 2, 3
),
marked AS (
    INSERT INTO provisioning_account AS a (
        target_id, user_id, membership_id, due_at, priority, act, generation, state, remote_id, acknowledged_digest,
        acknowledged_rights,
        attempts, last_error, uncertain_until)
    SELECT target_id, user_id, membership_id, (SELECT at FROM present), CASE WHEN gone THEN 0 ELSE 1 END, act, 1,
           'updating', '', '', '{}', 0, '', CASE WHEN gone THEN (SELECT at FROM present) END
    FROM affected ORDER BY target_id, user_id, membership_id
    ON CONFLICT (target_id, user_id, membership_id) DO UPDATE SET
        due_at = excluded.due_at, priority = CASE WHEN a.due_at IS NULL THEN excluded.priority
            ELSE least(a.priority, excluded.priority) END,
        act = excluded.act, generation = mod(a.generation, 2000000000) + 1,
        uncertain_until = CASE WHEN a.acknowledged_active THEN a.uncertain_until
            ELSE greatest(a.uncertain_until, excluded.uncertain_until) END,
        state = CASE WHEN a.state = 'not_needed' THEN a.state ELSE 'updating' END
    RETURNING id, target_id, user_id, membership_id, generation
),
deliveries AS (
    INSERT INTO provisioning_delivery (account_id, target_id, membership_id, organization, act, act_at, generation)
    SELECT m.id, m.target_id, x.membership, x.organization_id, x.act, max(x.at), m.generation
    FROM marked m
    JOIN touched x ON x.user_id = m.user_id AND (m.membership_id IS NULL OR m.membership_id = x.membership)
    GROUP BY 1, 2, 3, 4, 5, 7
    ON CONFLICT (account_id, act, membership_id) DO NOTHING
    RETURNING 1
)
"""

# A leaver's sign-in may have been given another end before the act: its services learn of it now.
# The instants are an array, so that sign-ins are found by when they ended and not by reading all of them.
_LOGOUTS = """
logouts AS (
    INSERT INTO provisioning_logout (sign_in_id, client_id, ended_at, act, due_at, attempts, last_error)
    SELECT DISTINCT ON (s.id, c.id) s.id, c.id, s.ended_at, x.act, (SELECT at FROM present), 0, ''
    FROM touched x
    CROSS JOIN LATERAL (
        SELECT s.id, s.ended_at FROM identity_published_sign_in s WHERE s.user_id = x.user_id AND s.ended_at = x.at
          AND s.ended_at = ANY (ARRAY(SELECT at FROM fresh))
        UNION SELECT s.id, s.ended_at FROM identity_published_sign_in s
        WHERE x.gone AND s.membership_id = x.membership AND s.ended_at IS NOT NULL
          AND s.started_at > x.at - interval '90 days'
          AND NOT EXISTS (SELECT FROM provisioning_logout l WHERE l.sign_in_id = s.id)
    ) s
    JOIN identity_published_sign_in_client k ON k.sign_in_id = s.id
    JOIN identity_published_client c ON c.id = k.client_id AND c.backchannel_logout_uri <> ''
    ORDER BY s.id, c.id, s.ended_at = x.at DESC, x.at DESC, x.act
    ON CONFLICT (sign_in_id, client_id, ended_at) DO UPDATE SET act = excluded.act
    RETURNING 1
)
"""

# Each removal has a row from its act on: a late confirmation is noticed also where the planner itself was late. Events
# that are read again after the row was purged add none.
_REMOVALS = """
removals AS (
    INSERT INTO provisioning_removal (act, organization, removed_at, due_at)
    SELECT act, %(chain)s, max(at), max(at) + %(late)s FROM news
    WHERE verb = %(removal)s AND outcome = 'done' AND subject_kind = 'membership'
      AND at > (SELECT at FROM present) - interval '90 days'
    GROUP BY act
    ON CONFLICT (act) DO NOTHING
)
"""

# All of it is one statement: the end of a leaver's access waits for no further round trip to the database.
# A second planner waits for the cursor and finds it moved; it then reads newer events from there.
_PLAN = f"""
WITH present AS MATERIALIZED (SELECT {clock.SQL_NOW.replace("%s", "%(offset)s")} AS at),
cursor_row AS MATERIALIZED (
    SELECT seq FROM provisioning_cursor WHERE chain = %(chain)s AND seq = %(after)s FOR UPDATE
),
news AS MATERIALIZED (
    SELECT seq, act, at, verb, subject_kind, subject, organization, outcome FROM audit_published_event
    WHERE chain = %(chain)s AND seq > %(after)s AND EXISTS (SELECT FROM cursor_row)
),
{_TOUCHED},
{_LOGOUTS},
{_MARK},
{_REMOVALS},
moved AS (
    UPDATE provisioning_cursor SET seq = (SELECT max(seq) FROM news)
    WHERE chain = %(chain)s AND EXISTS (SELECT FROM news)
)
SELECT (SELECT count(*) FROM cursor_row), (SELECT count(*) FROM news), (SELECT count(*) FROM deliveries),
       (SELECT count(*) FROM logouts), (SELECT at FROM present)
"""  # noqa: S608 - our own constants
# Some sign-ins end without an act: the person signs out, or a service was reached while the sign-in was ending. A chain
# with unread events is planned first: its act is the cause of the logout.
_STRAY_LOGOUTS = """
INSERT INTO provisioning_logout (sign_in_id, client_id, ended_at, due_at, attempts, last_error)
SELECT s.id, c.id, s.ended_at, %(at)s, 0, ''
FROM identity_published_sign_in s
JOIN identity_published_sign_in_client k ON k.sign_in_id = s.id
JOIN identity_published_client c ON c.id = k.client_id AND c.backchannel_logout_uri <> ''
WHERE s.ended_at > %(since)s
  AND NOT EXISTS (SELECT 1 FROM identity_published_membership m
                  JOIN audit_published_chain h ON h.id IN (m.organization_id, m.user_id)
                  LEFT JOIN provisioning_cursor r ON r.chain = h.id
                  WHERE m.id = s.membership_id AND h.last_seq > coalesce(r.seq, 0))
  AND NOT EXISTS (SELECT 1 FROM provisioning_logout l
                  WHERE l.sign_in_id = s.id AND l.client_id = c.id AND l.ended_at = s.ended_at)
ON CONFLICT (sign_in_id, client_id, ended_at) DO NOTHING
"""

_BOUNDARIES = """
UPDATE provisioning_account SET
    due_at = %(at)s, generation = mod(generation, 2000000000) + 1, priority = 0, next_change_at = NULL
WHERE id = ANY (ARRAY(
    SELECT id FROM provisioning_account WHERE next_change_at <= %(at)s ORDER BY id FOR UPDATE SKIP LOCKED))
"""

# These acts change no rights, or repeat an event of the supplier's chain. An unknown verb has an effect.
_IDLE = verbs.with_effect(Effect.NONE)
# The events of these acts name every affected member: the event that names the organization adds none.
_MEMBERS = verbs.with_effect(Effect.MEMBERSHIP)
_SWEPT_PERIOD = dt.timedelta(hours=2)
"""How far back a sweep looks for ended sign-ins…"""
_FIRST_SWEPT_PERIOD = dt.timedelta(days=7)
"""…and the first sweep of a process."""
_FEW = 20
"""So many chains may wait for the planner while another batch of bulk changes is recorded."""
_TRIES = 20
"""How often another planner may be first at the same chain; after that the sweep plans it."""


@dataclass(frozen=True, slots=True)
class Planned:
    """Counts the events read, and the deliveries and logouts due, at `at` by the database's clock."""

    events: int = 0
    deliveries: int = 0
    logouts: int = 0
    at: dt.datetime | None = field(default=None, compare=False)


def plan(*, chain: uuid.UUID) -> Planned:
    """Make the rows due that follow from the events of this chain since the cursor. Two statements."""
    params: dict[str, Any] = {
        "chain": chain,
        "idle": _IDLE,
        "members": _MEMBERS,
        "removal": Verb.MEMBER_REMOVE.value,
        "late": progress.LATE,
    }
    with connection.cursor() as cursor:
        for _ in range(_TRIES):
            position = cursors.position(chain=chain)
            if position is None:
                return Planned()
            params |= {"after": position, "offset": clock.offset()}
            cursor.execute(_PLAN, params)
            is_current, events, deliveries, logouts, at = cursor.fetchone()
            if is_current:
                return Planned(events, deliveries, logouts, at)
    return Planned()


def behind(*, limit: int = 500) -> list[uuid.UUID]:
    """Find the chains with unread events, which lost notifications leave behind, or with a cursor beyond the head.

    Chains whose unread events have no effect are skipped first, all in one statement.
    """
    cursors.skip_idle(idle=_IDLE)
    return cursors.behind(limit=limit)


def is_behind() -> bool:
    """Check whether more than a few chains have unread events with an effect."""
    return len(cursors.behind(limit=_FEW + 1)) > _FEW


def sweep(*, at: dt.datetime, first: bool = False) -> int:
    """Make accounts due that time alone has changed, and logouts of what ended without an act.

    Also continues the syncs that staff asked for. The `first` sweep of a process looks further back. Returns how many
    rows; four statements where no sync is under way.
    """
    period = _FIRST_SWEPT_PERIOD if first else _SWEPT_PERIOD
    with connection.cursor() as cursor:
        cursor.execute(_BOUNDARIES, {"at": at})
        total = int(cursor.rowcount)
        cursor.execute(_STRAY_LOGOUTS, {"at": at, "since": at - period})
        total += int(cursor.rowcount)
    total += sync.make_due(at=at)
    return total + token_families.add_logouts(since=at - period, at=at)
