"""Business units, organizations, customer numbers and sites follow from the supplier's acts."""

from audit.state import declarations
from audit.state.declarations import Rebuilt

_LOOK = "the look of pages; no right depends on it"

declarations.register(
    Rebuilt(
        table="identity_businessunit",
        key=("key",),
        events="verb = 'catalogue.apply'",
        expected="SELECT DISTINCT jsonb_array_elements_text(facts -> 'business_units') AS key FROM event",
        actual="SELECT key FROM identity_businessunit",
        not_compared={
            "id": "a business unit is identified by its key",
            "name": declarations.TEXT,
            "brand": _LOOK,
        },
    ),
    Rebuilt(
        table="identity_organization",
        key=("id",),
        events="verb IN ('organization.create', 'mail_domains.set', 'organization.suspend', 'organization.resume')",
        expected="""
            SELECT c.subject AS id, c.after ->> 'key' AS key, c.after ->> 'register_id' AS register_id,
                   CASE WHEN s.verb = 'organization.suspend' THEN 'suspended' ELSE 'active' END AS status,
                   c.at AS created_at, newest.mail_domains
            FROM event c JOIN (
                SELECT DISTINCT ON (subject) subject, after -> 'mail_domains' AS mail_domains
                FROM event WHERE verb IN ('organization.create', 'mail_domains.set') ORDER BY subject, seq DESC
            ) newest ON newest.subject = c.subject
            LEFT JOIN (
                SELECT DISTINCT ON (facts ->> 'organization') facts ->> 'organization' AS organization, verb
                FROM event WHERE subject_kind = 'supplier' ORDER BY facts ->> 'organization', seq DESC
            ) s ON s.organization = c.subject::text
            WHERE c.verb = 'organization.create'
        """,
        actual="""
            SELECT id, key, register_id, status, created_at, to_jsonb(mail_domains) AS mail_domains
            FROM identity_organization
        """,
        columns=("key", "register_id", "status", "created_at", "mail_domains"),
        not_compared={
            "name": declarations.TEXT,
            "sort_key": declarations.SORT_KEY,
            "language": declarations.LANGUAGE,
            "time_zone": declarations.TIME_ZONE,
        },
    ),
    Rebuilt(
        table="identity_suspension",
        key=("id",),
        events="verb IN ('organization.suspend', 'organization.resume') AND subject_kind = 'supplier'",
        expected="""
            SELECT (s.facts ->> 'suspension')::uuid AS id, (s.facts ->> 'organization')::uuid AS organization_id,
                   s.facts ->> 'suspension_reason' AS reason, s.at AS valid_from, r.at AS valid_until,
                   (s.facts ->> 'resume_at')::timestamptz AS resume_at, s.actor AS suspended_by,
                   s.actor_kind AS suspended_by_kind, s.act
            FROM event s LEFT JOIN event r ON r.verb = 'organization.resume'
                AND r.facts ->> 'suspension' = s.facts ->> 'suspension'
            WHERE s.verb = 'organization.suspend'
        """,
        actual="""
            SELECT id, organization_id, reason, valid_from, valid_until, resume_at, suspended_by, suspended_by_kind, act
            FROM identity_suspension
        """,
        columns=(
            "organization_id",
            "reason",
            "valid_from",
            "valid_until",
            "resume_at",
            "suspended_by",
            "suspended_by_kind",
            "act",
        ),
    ),
    Rebuilt(
        table="identity_customernumber",
        key=("organization_id", "unit_id"),
        events="verb = 'organization.create'",
        expected="""
            SELECT subject AS organization_id, n.key AS unit_id, n.value AS number
            FROM event, jsonb_each_text(after -> 'numbers') n
        """,
        actual="""
            SELECT n.organization_id, u.key AS unit_id, n.number
            FROM identity_customernumber n JOIN identity_businessunit u ON u.id = n.unit_id
        """,
        columns=("number",),
        not_compared={"id": "a number is identified by its organization and its business unit"},
    ),
    Rebuilt(
        table="identity_site",
        key=("id",),
        events="verb IN ('organization.create', 'site.create')",
        expected="""
            SELECT site::uuid AS id, subject AS organization_id,
                   coalesce(after -> 'external_ids' ->> site, '') AS external_id, at AS created_at
            FROM event, jsonb_array_elements_text(after -> 'sites') site
        """,
        actual="SELECT id, organization_id, external_id, created_at FROM identity_site",
        columns=("organization_id", "external_id", "created_at"),
        not_compared={"name": declarations.TEXT, "sort_key": declarations.SORT_KEY},
    ),
)
