"""Users, their addresses and their factors follow from the events of memberships and from their own."""

from audit.foundation import digests
from audit.state import declarations
from audit.state.declarations import Rebuilt
from identity.people import credentials

_SIGN_IN = "an instant for lists; sign-ins are events"
_COMPUTED = "computed by the database"
_EVENTS = """
    subject_kind IN ('membership', 'invitation') AND outcome = 'done' OR verb = 'member.invite'
    OR verb IN ('service_user.create', 'staff_service.create')
    OR subject_kind = 'user' AND NOT starts_with(verb, 'sign_in.')
"""
# An invited person's address is in the invitation's event; an enrolled person's is in the event of the membership.
_CREATED = """
    WITH invited AS (
        SELECT (facts ->> 'invitation')::uuid AS invitation, personal -> 'email' AS email
        FROM event WHERE verb = 'member.invite'
    ), created AS (
        SELECT (e.after ->> 'user')::uuid AS id, e.at AS created_at, e.after ->> 'password' AS password,
               coalesce(e.personal -> 'email', i.email) AS email, e.personal -> 'subject.label' AS name
        FROM event e LEFT JOIN invited i ON i.invitation = (e.facts ->> 'invitation')::uuid
        WHERE e.subject_kind = 'membership' AND e.after ? 'password'
    )
"""
_USERS = f"""
    {_CREATED},
    member AS (
        SELECT DISTINCT subject AS id, (after ->> 'user')::uuid AS user_id
        FROM event WHERE subject_kind = 'membership' AND after ? 'user'
    ), raised AS (
        SELECT user_id, count(*) AS times FROM (
            SELECT m.user_id FROM event e JOIN member m ON m.id = e.subject WHERE e.after ->> 'everywhere' = 'true'
            UNION ALL SELECT subject FROM event WHERE subject_kind = 'user' AND facts ->> 'everywhere' = 'true'
        ) raise GROUP BY user_id
    ), newest_password AS (
        SELECT DISTINCT ON (subject) subject AS user_id, facts ->> 'password' AS password
        FROM event WHERE subject_kind = 'user' AND facts ? 'password' ORDER BY subject, at DESC, id DESC
    ), newest_name AS (
        SELECT DISTINCT ON (subject) subject AS user_id, personal -> 'name' AS name
        FROM event WHERE verb IN ('person.update', 'staff.enrolled', 'staff.renamed') AND personal ? 'name'
        ORDER BY subject, at DESC, id DESC
    ), newest_contact AS (
        SELECT DISTINCT ON (subject) subject AS user_id, personal -> 'contact' AS contact
        FROM event WHERE verb IN ('staff.enrolled', 'staff.renamed') AND personal ? 'contact'
        ORDER BY subject, at DESC, id DESC
    ), newest_phone AS (
        SELECT DISTINCT ON (subject) subject AS user_id, personal -> 'phone' AS phone
        FROM event WHERE verb = 'person.update' AND after ? 'phone' ORDER BY subject, at DESC, id DESC
    ), erased AS (
        SELECT subject AS user_id FROM event WHERE verb = 'person.erase'
    ), newest_mail AS (
        SELECT DISTINCT ON (user_id) user_id, deliverable FROM (
            SELECT subject AS user_id, at, id, facts ->> 'deliverable' AS deliverable
            FROM event WHERE subject_kind = 'user' AND facts ? 'deliverable'
            UNION ALL SELECT (after ->> 'user')::uuid, at, id, after ->> 'deliverable'
            FROM event WHERE subject_kind = 'invitation' AND after ? 'deliverable'
        ) mail ORDER BY user_id, at DESC, id DESC
    )
    SELECT c.id, 'customer' AS directory, NULL::jsonb AS contact, x.user_id IS NULL AS is_active, false AS is_superuser,
           1 + coalesce(r.times, 0) AS epoch, coalesce(p.password, c.password) AS password, c.email,
           coalesce(n.name, c.name) AS name, t.phone,
           coalesce(m.deliverable = 'false', false) AS mail_bounced_at, c.created_at
    FROM created c
    LEFT JOIN raised r ON r.user_id = c.id
    LEFT JOIN erased x ON x.user_id = c.id
    LEFT JOIN newest_password p ON p.user_id = c.id
    LEFT JOIN newest_name n ON n.user_id = c.id
    LEFT JOIN newest_phone t ON t.user_id = c.id
    LEFT JOIN newest_mail m ON m.user_id = c.id
    UNION ALL
    SELECT s.subject, 'staff', k.contact, true, false, 1 + coalesce(r.times, 0), {digests.sql("'!'")}, NULL, n.name,
           NULL, false, (s.facts ->> 'created_at')::timestamptz
    FROM event s LEFT JOIN raised r ON r.user_id = s.subject LEFT JOIN newest_name n ON n.user_id = s.subject
    LEFT JOIN newest_contact k ON k.user_id = s.subject
    WHERE s.verb = 'staff.enrolled'
    UNION ALL
    SELECT subject, 'service', NULL, true, false, 1, {digests.sql("'!'")}, NULL, personal -> 'name', NULL, false, at
    FROM event WHERE verb IN ('service_user.create', 'staff_service.create')
"""  # noqa: S608 - constants of this module

declarations.register(
    Rebuilt(
        table="identity_user",
        key=("id",),
        events=_EVENTS,
        expected=_USERS,
        actual=f"""
            SELECT id, directory, contact, is_active, is_superuser, epoch, {digests.sql("password")} AS password,
                   email, name, phone, mail_bounced_at IS NOT NULL AS mail_bounced_at, created_at
            FROM identity_user
        """,  # noqa: S608 - a constant
        columns=(
            "directory",
            "is_active",
            "is_superuser",
            "epoch",
            "password",
            "mail_bounced_at",
            "created_at",
        ),
        encrypted=("email", "name", "phone", "contact"),
        not_compared={
            "sort_key": declarations.SORT_KEY,
            "language": "the language of pages and mails; no right depends on it",
            "time_zone": declarations.TIME_ZONE,
            "last_login": _SIGN_IN,
        },
    ),
    Rebuilt(
        table="account_emailaddress",
        key=("user_id", "position"),
        events=_EVENTS,
        expected=f"""
            {_CREATED} SELECT id AS user_id, 1 AS position, true AS verified, true AS "primary", email FROM created
        """,  # noqa: S608 - a constant
        actual="""
            SELECT user_id, row_number() OVER (PARTITION BY user_id ORDER BY id) AS position, verified, "primary", email
            FROM account_emailaddress
        """,
        columns=("verified", "primary"),
        encrypted=("email",),
        not_compared={
            "id": "an address is identified by its user",
            "directory": _COMPUTED,
        },
    ),
    Rebuilt(
        table="mfa_authenticator",
        key=("id",),
        events="""
            subject_kind = 'user'
            AND (starts_with(verb, 'factor.') OR verb IN ('factor_recovery.use', 'person.erase', 'takeover.report'))
        """,
        expected="""
            SELECT (facts ->> 'added')::bigint AS id, subject AS user_id, facts ->> 'factor' AS type,
                   facts ->> 'digest' AS data
            FROM event a WHERE facts ? 'added' AND NOT EXISTS (
                SELECT FROM event r WHERE r.facts ->> 'removed' = a.facts ->> 'added'
                OR jsonb_exists(r.facts -> 'removed_factors', a.facts ->> 'added'))
        """,
        actual=f"""
            SELECT id, user_id, type, {digests.sql(credentials.COMPARED_DATA)} AS data FROM mfa_authenticator
        """,  # noqa: S608 - a constant
        columns=("user_id", "type", "data"),
        not_compared={
            "created_at": declarations.CREATED_AT,
            "last_used_at": _SIGN_IN,
            "directory": _COMPUTED,
        },
    ),
)
