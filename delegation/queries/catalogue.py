"""What things are called: tiers, services, what each entitlement lets one do, an organization's sites."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from delegation.models import Entitlement, Role
from delegation.queries.held import Place, Text
from identity.models import Application, Site


@dataclass(frozen=True, slots=True)
class Book:
    """By key; sites by id, in order."""

    tiers: Mapping[str, Text]
    applications: Mapping[str, Text]
    does: Mapping[str, Text]
    sites: Mapping[uuid.UUID, Place]


def read(*, organization: uuid.UUID) -> Book:
    """Four statements."""
    sites = Site.objects.filter(organization=organization).order_by("sort_key", "id")
    return Book(
        tiers=dict(Role.objects.order_by("rank").values_list("key", "name")),
        applications=dict(Application.objects.order_by("key").values_list("key", "name")),
        does=dict(Entitlement.objects.order_by("rank", "key").values_list("key", "text")),
        sites={one: Place(one, name) for one, name in sites.values_list("id", "name")},
    )
