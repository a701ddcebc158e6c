"""Staff read here what the scopes of their programs allow."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

SCOPES: Mapping[str, Callable[[], str]] = {
    "supplier.customers.read": lambda: _("Search and read customers"),
    "supplier.customers.onboard": lambda: _("Onboard customers"),
    "supplier.ceilings.write": lambda: _("Preview and set what customers are offered"),
    "supplier.holds.write": lambda: _("Preview, place and lift holds"),
    "supplier.suspensions.write": lambda: _("Suspend and resume customers"),
    "supplier.contacts.write": lambda: _("Change contacts of customers"),
    "supplier.domains.write": lambda: _("Set and verify mail domains"),
    "supplier.activity.read": lambda: _("Ask who could do what"),
    "supplier.applications.read": lambda: _(
        "Read services, their clients, and the state of connected systems"
    ),
    "supplier.applications.write": lambda: _("Register services and clients, change clients, make secrets"),
    "supplier.targets.write": lambda: _("Connect systems, change, pause, resume, sync and test them"),
    "supplier.catalogue.read": lambda: _("Read the catalogue and proposed files"),
    "supplier.catalogue.propose": lambda: _("Preview and propose catalogue files"),
    "supplier.catalogue.write": lambda: _("Preview, propose and apply catalogue files"),
}
"""What each scope of `service_scopes.STAFF_VERBS` allows."""
