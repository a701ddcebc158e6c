"""Entitlements, roles with their versions, ceilings and proposals follow from the supplier's acts."""

from audit.state import declarations
from audit.state.declarations import Rebuilt

_CATALOGUE = "verb = 'catalogue.apply'"
_VERSIONS = """
    WITH version AS (
        SELECT v.key AS role, v.value AS version, at,
               lead(at) OVER (PARTITION BY v.key ORDER BY seq) AS next_at
        FROM event, jsonb_each(facts -> 'role_versions') v
    )
"""
_BY_KEY = "identified by its key"

declarations.register(
    Rebuilt(
        table="delegation_entitlement",
        key=("key",),
        events=_CATALOGUE,
        expected="""
            SELECT DISTINCT ON (s.key) s.key, split_part(s.key, ':', 1) AS application_id,
                   (s.value ->> 'takes_amount')::boolean AS takes_amount,
                   (s.value ->> 'takes_sites')::boolean AS takes_sites, (s.value ->> 'rank')::integer AS rank
            FROM event, jsonb_each(facts -> 'entitlement_settings') s ORDER BY s.key, seq DESC
        """,
        actual="""
            SELECT e.key, a.key AS application_id, e.takes_amount, e.takes_sites, e.rank
            FROM delegation_entitlement e JOIN identity_published_application a ON a.id = e.application_id
        """,
        columns=("application_id", "takes_amount", "takes_sites", "rank"),
        not_compared={"id": _BY_KEY, "text": declarations.TEXT},
    ),
    Rebuilt(
        table="delegation_role",
        key=("key",),
        events=_CATALOGUE,
        expected=f"{_VERSIONS} SELECT DISTINCT role AS key FROM version",  # noqa: S608 - constants of this module
        actual="SELECT key FROM delegation_role",
        not_compared={
            "id": _BY_KEY,
            "name": declarations.TEXT,
            "description": declarations.TEXT,
            "rank": "the order of lists",
        },
    ),
    Rebuilt(
        table="delegation_roleversion",
        key=("role_id", "number"),
        events=_CATALOGUE,
        expected=f"""
            {_VERSIONS}
            SELECT role AS role_id, (version ->> 'number')::integer AS number, version -> 'verbs' AS verbs,
                   version -> 'assignable_roles' AS assignable_roles,
                   (version ->> 'max_assignment_days')::integer AS max_assignment_days,
                   version ->> 'required_assurance' AS required_assurance,
                   (version ->> 'is_admin')::boolean AS is_admin, at AS valid_from, next_at AS valid_until
            FROM version
        """,  # noqa: S608 - constants of this module
        actual="""
            SELECT r.key AS role_id, v.number, v.verbs, v.assignable_roles, v.max_assignment_days,
                   v.required_assurance, v.is_admin, v.valid_from, v.valid_until
            FROM delegation_roleversion v JOIN delegation_role r ON r.id = v.role_id
        """,
        columns=(
            "verbs",
            "assignable_roles",
            "max_assignment_days",
            "required_assurance",
            "is_admin",
            "valid_from",
            "valid_until",
        ),
        not_compared={"id": "a version is identified by its role and its number"},
    ),
    Rebuilt(
        table="delegation_roleentitlement",
        key=("role_id", "version_id", "entitlement_id"),
        events=_CATALOGUE,
        expected=f"""
            {_VERSIONS}
            SELECT role AS role_id, (version ->> 'number')::integer AS version_id, l.key AS entitlement_id,
                   (l.value ->> 'allowed')::boolean AS allowed, (l.value ->> 'assignable')::boolean AS assignable,
                   (l.value ->> 'amount')::numeric AS max_assignable_amount,
                   l.value ->> 'currency' AS max_assignable_currency
            FROM version, jsonb_each(version -> 'entitlements') l
        """,  # noqa: S608 - constants of this module
        actual="""
            SELECT r.key AS role_id, v.number AS version_id, e.key AS entitlement_id, l.allowed, l.assignable,
                   l.max_assignable_amount, l.max_assignable_currency
            FROM delegation_roleentitlement l
            JOIN delegation_roleversion v ON v.id = l.version_id
            JOIN delegation_role r ON r.id = v.role_id
            JOIN delegation_entitlement e ON e.id = l.entitlement_id
        """,
        columns=("allowed", "assignable", "max_assignable_amount", "max_assignable_currency"),
        not_compared={"id": "a line is identified by its version and its entitlement"},
    ),
    Rebuilt(
        table="delegation_ceiling",
        key=("organization_id", "entitlement_id", "valid_from"),
        events="verb = 'ceiling.set' AND subject_kind = 'supplier'",
        expected="""
            SELECT organization_id, entitlement_id, valid_from, (offer ->> 'amount')::numeric AS amount,
                   offer ->> 'currency' AS currency, valid_until
            FROM (
                SELECT (facts ->> 'organization')::uuid AS organization_id, o.key AS entitlement_id, at AS valid_from,
                       o.value AS offer,
                       lead(at) OVER (PARTITION BY facts ->> 'organization', o.key ORDER BY seq) AS valid_until
                FROM event, jsonb_each(facts -> 'offer') o
            ) offered WHERE offer <> 'null'
        """,
        actual="""
            SELECT c.organization_id, e.key AS entitlement_id, c.valid_from, c.amount, c.currency, c.valid_until
            FROM delegation_ceiling c JOIN delegation_entitlement e ON e.id = c.entitlement_id
        """,
        columns=("amount", "currency", "valid_until"),
        not_compared={"id": "a ceiling is identified by organization, entitlement and beginning"},
    ),
    Rebuilt(
        table="delegation_unitceiling",
        key=("organization_id", "unit_id", "entitlement_id", "valid_from"),
        events="verb = 'ceiling.set' AND subject_kind = 'supplier'",
        expected="""
            SELECT organization_id, unit_id, entitlement_id, valid_from, (offer ->> 'amount')::numeric AS amount,
                   offer ->> 'currency' AS currency, valid_until
            FROM (
                SELECT (facts ->> 'organization')::uuid AS organization_id, u.key AS unit_id, o.key AS entitlement_id,
                       at AS valid_from, o.value AS offer,
                       lead(at) OVER (PARTITION BY facts ->> 'organization', u.key, o.key ORDER BY seq) AS valid_until
                FROM event, jsonb_each(facts -> 'unit_offers') u, jsonb_each(u.value) o
            ) offered WHERE offer <> 'null'
        """,
        actual="""
            SELECT c.organization_id, coalesce(b.key, '') AS unit_id, e.key AS entitlement_id, c.valid_from, c.amount,
                   c.currency, c.valid_until
            FROM delegation_unitceiling c JOIN delegation_entitlement e ON e.id = c.entitlement_id
            LEFT JOIN identity_published_business_unit b ON b.id = c.unit_id
        """,
        columns=("amount", "currency", "valid_until"),
        not_compared={"id": "identified by organization, unit, entitlement and beginning"},
    ),
    Rebuilt(
        table="delegation_ceilingtemplate",
        key=("key",),
        events=_CATALOGUE,
        expected="""
            SELECT DISTINCT ON (t.key) t.key, t.value -> 'units' AS units, t.value -> 'offer' AS offer
            FROM event, jsonb_each(facts -> 'ceiling_templates') t ORDER BY t.key, seq DESC
        """,
        actual="SELECT key, units, offer FROM delegation_ceilingtemplate",
        columns=("units", "offer"),
        not_compared={"id": _BY_KEY, "name": declarations.TEXT, "rank": "the order of lists"},
    ),
    Rebuilt(
        table="delegation_catalogueproposal",
        key=("id",),
        events="verb IN ('catalogue.propose', 'catalogue.refuse', 'catalogue.apply')",
        expected="""
            SELECT (p.facts ->> 'proposal')::uuid AS id, p.facts ->> 'file_digest' AS digest,
                   p.facts ->> 'catalogue_version' AS version, (p.facts ->> 'people_losing')::integer AS lose,
                   (p.facts ->> 'people_gaining')::integer AS gain, coalesce(d.state, 'open') AS state,
                   p.actor AS proposed_by, p.actor_kind AS proposed_by_kind, p.at AS proposed_at, p.act,
                   d.actor AS decided_by, coalesce(d.actor_kind, '') AS decided_by_kind, d.at AS decided_at,
                   d.act AS decided_act
            FROM event p LEFT JOIN (
                SELECT facts ->> 'proposal' AS proposal, CASE verb WHEN 'catalogue.apply' THEN 'applied'
                       ELSE facts ->> 'proposal_state' END AS state, actor, actor_kind, at, act
                FROM event WHERE verb <> 'catalogue.propose' AND facts ? 'proposal'
                UNION ALL
                SELECT v, 'void', actor, actor_kind, at, act
                FROM event, jsonb_array_elements_text(facts -> 'void_proposals') v
            ) d ON d.proposal = p.facts ->> 'proposal'
            WHERE p.verb = 'catalogue.propose'
        """,
        actual="""
            SELECT id, digest, version, lose, gain, state, proposed_by, proposed_by_kind, proposed_at, act,
                   decided_by, decided_by_kind, decided_at, decided_act
            FROM delegation_catalogueproposal
        """,
        columns=(
            "digest",
            "version",
            "lose",
            "gain",
            "state",
            "proposed_by",
            "proposed_by_kind",
            "proposed_at",
            "act",
            "decided_by",
            "decided_by_kind",
            "decided_at",
            "decided_act",
        ),
        not_compared={"file": "its digest is compared, and the database compares both"},
    ),
)
