"""What the supplier does: bring a customer in, offer, register services. By the system, until staff have their door."""

from delegation.commands.supplier.applications import NewClient, register_application
from delegation.commands.supplier.customers import NewOrganization, add_sites, create_organization
from delegation.commands.supplier.offers import set_ceiling

__all__ = [
    "NewClient",
    "NewOrganization",
    "add_sites",
    "create_organization",
    "register_application",
    "set_ceiling",
]
