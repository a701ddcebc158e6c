"""The one way of writing."""

from delegation.act.acting import acting
from delegation.act.doing import Act
from delegation.act.outcome import Outcome, command
from delegation.act.subjects import MembershipSet, OrganizationSet, SubjectSet, SupplierSet

__all__ = [
    "Act",
    "MembershipSet",
    "OrganizationSet",
    "Outcome",
    "SubjectSet",
    "SupplierSet",
    "acting",
    "command",
]
