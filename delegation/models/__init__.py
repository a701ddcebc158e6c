"""Who may do what: the catalogue, what was offered, what was given, what was offered to someone not yet here."""

from delegation.models.assignment import Assignment, AssignmentLimit, AssignmentSite
from delegation.models.catalogue import Entitlement, Role, RoleEntitlement, RoleVersion
from delegation.models.invitation import Invitation, InvitationToken
from delegation.models.offer import Brake, Ceiling
from delegation.models.once import Once

__all__ = [
    "Assignment",
    "AssignmentLimit",
    "AssignmentSite",
    "Brake",
    "Ceiling",
    "Entitlement",
    "Invitation",
    "InvitationToken",
    "Once",
    "Role",
    "RoleEntitlement",
    "RoleVersion",
]
