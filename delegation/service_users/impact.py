"""A removal ends the service users of the leavers; another admin can create new ones for the programs."""

from delegation import impacts
from delegation.authorization import admin_queries
from delegation.impacts import MOST_CANDIDATES, Impact, ImpactKind, Leaving, Successor
from identity.service_users import queries as service_users_queries


def _owned(leaving: Leaving) -> list[Impact]:
    """Name the programs that stop, and admins who could own new ones. Two statements more where there is one."""
    names = service_users_queries.names_in_force(owners=leaving.memberships, at=leaving.at)
    if not names:
        return []
    admins = admin_queries.working_admins(organization=leaving.organization, at=leaving.at)
    staying = admins.exclude(id__in=leaving.memberships).select_related("user").order_by("sort_key", "id")
    candidates = [Successor(row.id, row.user.name, "admin") for row in staying[:MOST_CANDIDATES]]
    return [
        Impact(ImpactKind.SERVICE_USER, is_decision=True, name=name, candidates=candidates) for name in names
    ]


impacts.register("service_users", _owned)
