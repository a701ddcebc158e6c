"""A removal may leave a site without the only person who can do something there, or manage its people."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from audit.foundation import db
from delegation import impacts
from delegation.authorization import scopes
from delegation.authorization.verbs import Verb
from delegation.impacts import MOST_CANDIDATES, Impact, ImpactKind, Leaving, Successor
from identity.memberships.models import SHOWN_NAME

MOST = 20
"""Decisions of one removal that are listed."""
_MOST_SITES = 200
"""Sites of an organization that are examined, so that the statement stays short in one with thousands."""
_MOST_EXAMINED = 200
"""Assignments that are compared as candidates for one decision."""

# An amount counts as the ceiling limits it; an assignment without a limit row counts as 0.
_AMOUNT = """
least(CASE WHEN l.id IS NULL THEN 0 ELSE coalesce(l.amount, 'Infinity') END, coalesce(c.amount, 'Infinity'))
"""
_RIGHTS = """
role_right AS MATERIALIZED (
    SELECT v.role_id, e.id AS entitlement, e.key, e.text, e.rank, c.amount, coalesce(c.currency, '') AS currency
    FROM delegation_roleversion v
    JOIN delegation_roleentitlement re ON re.version_id = v.id AND re.allowed
    JOIN delegation_entitlement e ON e.id = re.entitlement_id AND e.takes_amount
    JOIN delegation_ceiling c ON c.entitlement_id = e.id AND c.organization_id = %(organization)s
     AND in_force(c.valid_from, c.valid_until, %(at)s)
    WHERE in_force(v.valid_from, v.valid_until, %(at)s)
)
"""
# Those who stay count by assignments and periods without end: who leaves next month is no replacement.
_STAYING = """
a.organization_id = %(organization)s AND a.valid_until IS NULL AND a.valid_from <= %(at)s
AND a.membership_id <> ALL(%(leavers)s) AND (
    SELECT count(*) FROM identity_published_period p WHERE p.membership_id = a.membership_id
    AND p.state = 'active' AND p.valid_from <= %(at)s AND p.valid_until IS NULL) > 0
"""
_AT_SITE = """
(a.all_sites OR EXISTS (SELECT FROM delegation_assignmentsite y WHERE y.assignment_id = a.id AND y.site_id = {site}))
"""
# Approvals are compared by amount: above it no one can approve. Of other rights, one other holder is enough.
_SOLE = f"""
WITH {_RIGHTS},
site AS MATERIALIZED (
    SELECT s.id, s.name, s.sort_key FROM identity_published_site s WHERE s.organization_id = %(organization)s
    ORDER BY s.sort_key, s.id LIMIT {_MOST_SITES}
),
held AS (
    SELECT s.id AS site, s.name, s.sort_key, c.entitlement, c.key, c.text, c.rank, o.key AS role,
           {_AMOUNT} AS amount, coalesce(nullif(l.currency, ''), c.currency) AS currency,
           coalesce(l.period, 'order') AS period
    FROM delegation_assignment_at(%(at)s) a
    JOIN role_right c ON c.role_id = a.role_id
    JOIN delegation_role o ON o.id = a.role_id
    LEFT JOIN delegation_assignmentlimit l ON l.assignment_id = a.id AND l.entitlement_id = c.entitlement
    JOIN site s ON {_AT_SITE.format(site="s.id")}
    WHERE a.membership_id = ANY(%(leavers)s)
),
highest AS (
    SELECT DISTINCT ON (h.entitlement, h.site) h.* FROM held h WHERE h.amount > 0
    ORDER BY h.entitlement, h.site, h.amount DESC
)
SELECT 'sole_holder', h.entitlement, h.role, h.text, h.site, h.name, h.amount, h.currency, h.period, h.rank, h.sort_key
FROM highest h WHERE NOT EXISTS (
    SELECT FROM delegation_assignment a
    JOIN role_right c ON c.role_id = a.role_id AND c.entitlement = h.entitlement
    LEFT JOIN delegation_assignmentlimit l ON l.assignment_id = a.id AND l.entitlement_id = h.entitlement
    WHERE {_STAYING} AND {_AT_SITE.format(site="h.site")} AND {_AMOUNT} > 0
      AND (h.key NOT LIKE '%%.approve' OR {_AMOUNT} >= h.amount)
)
UNION ALL
SELECT DISTINCT 'sole_manager', NULL::uuid, o.key, o.name, s.id, s.name, NULL::numeric, '', '', -1, s.sort_key
FROM delegation_assignment_at(%(at)s) b
JOIN delegation_role o ON o.id = b.role_id
JOIN delegation_roleversion v ON v.role_id = o.id AND in_force(v.valid_from, v.valid_until, %(at)s)
 AND NOT v.is_admin AND v.assignable_roles <> '[]'
JOIN delegation_assignmentsite x ON x.assignment_id = b.id
JOIN site s ON s.id = x.site_id
WHERE b.membership_id = ANY(%(leavers)s) AND NOT b.all_sites AND NOT EXISTS (
    SELECT FROM delegation_assignment a
    WHERE {_STAYING} AND a.role_id = b.role_id AND {_AT_SITE.format(site="s.id")}
)
ORDER BY 10, 2, 11, 5
"""  # noqa: S608 - constants of this module
# Candidates are in the order of _REASONS. Both sources of candidates are cut before they are sorted.
_CANDIDATES = f"""
WITH {_RIGHTS},
criteria AS MATERIALIZED (
    SELECT w.n, w.entitlement, o.id AS role_id, w.site FROM jsonb_to_recordset(%(criteria)s::jsonb)
    AS w(n int, entitlement uuid, role text, site uuid) JOIN delegation_role o ON o.key = w.role
)
SELECT w.n, found.membership_id, min(found.place) FROM criteria w
CROSS JOIN LATERAL (
    SELECT a.membership_id, CASE
        WHEN a.role_id NOT IN (
            SELECT w.role_id WHERE w.entitlement IS NULL
            UNION ALL SELECT c.role_id FROM role_right c WHERE c.entitlement = w.entitlement) THEN 2
        WHEN {_AT_SITE.format(site="w.site")} THEN 0 ELSE 1 END AS place
    FROM (
        (SELECT a.* FROM delegation_assignmentsite x JOIN delegation_assignment a ON a.id = x.assignment_id
         WHERE x.site_id = w.site AND {_STAYING} LIMIT {_MOST_EXAMINED})
        UNION
        (SELECT a.* FROM delegation_assignment a
         WHERE a.role_id IN (
             SELECT w.role_id UNION SELECT c.role_id FROM role_right c WHERE c.entitlement = w.entitlement)
           AND {_STAYING} LIMIT {_MOST_EXAMINED})
    ) a
) found
GROUP BY w.n, found.membership_id
"""  # noqa: S608 - constants of this module
_REASONS = ("holds", "elsewhere", "at_site")


@dataclass(frozen=True, slots=True)
class _Sole:
    """Groups the sites at which the leavers alone have one entitlement or tier."""

    impact: Impact
    entitlement: uuid.UUID | None

    @property
    def criteria(self) -> Mapping[str, str | None]:
        """Return what a candidate is compared by: the first site stands for all."""
        site = next(iter(self.impact.sites))
        entitlement = str(self.entitlement) if self.entitlement else None
        return {"entitlement": entitlement, "role": self.impact.role, "site": str(site)}


def _sole(leaving: Leaving) -> Sequence[Impact]:
    """Read what the leavers alone can do at a site, with candidates. One statement; five more where there is any."""
    params = {"organization": leaving.organization, "at": leaving.at, "leavers": list(leaving.memberships)}
    groups: dict[tuple[Any, ...], _Sole] = {}
    for kind, entitlement, role, text, site, name, amount, currency, period, *_order in db.fetch_all(
        _SOLE, params
    ):
        key = kind, entitlement, role, amount, currency, period
        known = groups.get(key) or _Sole(
            Impact(
                ImpactKind(kind),
                is_decision=True,
                text=json.loads(text),
                role=role,
                amount=_finite(amount),
                currency=currency,
                period=period,
            ),
            entitlement,
        )
        sites = {**known.impact.sites, site: name}
        groups[key] = replace(known, impact=replace(known.impact, sites=sites))
    found = list(groups.values())[:MOST]
    candidates = _candidates(leaving, found, params) if found else {}
    return [replace(one.impact, candidates=candidates.get(n, [])) for n, one in enumerate(found)]


def _finite(amount: Decimal | None) -> Decimal | None:
    return None if amount is None or amount.is_infinite() else amount


def _candidates(
    leaving: Leaving, found: Sequence[_Sole], params: Mapping[str, Any]
) -> dict[int, list[Successor]]:
    """Read up to `MOST_CANDIDATES` colleagues for each decision whose access the reader may change."""
    criteria = json.dumps([{"n": n, **one.criteria} for n, one in enumerate(found)])
    rows = db.fetch_all(_CANDIDATES, {**params, "criteria": criteria})
    mine = scopes.memberships(
        actor=leaving.actor, verb=Verb.ACCESS_CHANGE, at=leaving.at, organization=leaving.organization
    )
    people = mine.filter(id__in={member for _n, member, _place in rows}).order_by("sort_key", "id")
    names = {row[0]: (order, row[1]) for order, row in enumerate(people.values_list("id", SHOWN_NAME))}
    by_decision: dict[int, list[Successor]] = {}
    for n, member, place in sorted(
        (row for row in rows if row[1] in names), key=lambda row: (row[2], names[row[1]][0])
    ):
        chosen = by_decision.setdefault(n, [])
        if len(chosen) < MOST_CANDIDATES:
            chosen.append(Successor(member, names[member][1], _REASONS[place]))
    return by_decision


impacts.register("access", _sole)
