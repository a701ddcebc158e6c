"""Pages read the names of tiers, services, entitlements and an organization's sites here."""

import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from delegation.access.queries import SiteName, Text
from delegation.authorization.models.roles import Role


@dataclass(frozen=True, slots=True)
class DisplayNames:
    """Holds names by key, and sites by id, in order."""

    tiers: Mapping[str, Text]
    applications: Mapping[str, Text]
    entitlements: Mapping[str, Text]
    sites: Mapping[uuid.UUID, SiteName]


_DISPLAY_NAMES = """
SELECT 'tiers', r.key, r.name, r.rank, '' FROM delegation_role r
UNION ALL SELECT 'applications', a.key, a.name, 0, a.key FROM identity_published_application a
UNION ALL SELECT 'entitlements', e.key, e.text, e.rank, e.key FROM delegation_entitlement e
UNION ALL SELECT 'sites', s.id::text, to_jsonb(s.name), 0, s.sort_key FROM identity_published_site s
          WHERE s.organization_id = ANY(%(organizations)s::uuid[])
ORDER BY 1, 4, 5, 2
"""


def load(*, organization: uuid.UUID | None) -> DisplayNames:
    """Read all names that a page of this organization may need; without one, those of the supplier. One statement."""
    return load_for_several(organizations=[organization] if organization else [])


def load_for_several(*, organizations: Collection[uuid.UUID]) -> DisplayNames:
    """Read all names that a page about these organizations may need. One statement."""
    by_kind: dict[str, dict[str, Any]] = {"tiers": {}, "applications": {}, "entitlements": {}, "sites": {}}
    with connection.cursor() as cursor:
        cursor.execute(_DISPLAY_NAMES, {"organizations": list(organizations)})
        for kind, key, text, *_order in cursor.fetchall():
            by_kind[kind][key] = json.loads(text)
    sites = {uuid.UUID(key): name for key, name in by_kind.pop("sites").items()}
    return DisplayNames(**by_kind, sites={site: SiteName(site, name) for site, name in sites.items()})


def tiers() -> dict[str, Text]:
    """Read the names of all tiers by key. One statement."""
    return dict(Role.objects.values_list("key", "name"))
