"""Django loads all models of the app here. Most tables have no guard: their content follows from the log."""

from provisioning.accounts.models import Account, Cursor, Delivery
from provisioning.delivery.models import Due, Heartbeat
from provisioning.domain_checks.models import DomainCheck
from provisioning.logout.models import Logout
from provisioning.mail.models import Mail
from provisioning.removals.models import Removal
from provisioning.targets.models import Target, TargetExchange

__all__ = [
    "Account",
    "Cursor",
    "Delivery",
    "DomainCheck",
    "Due",
    "Heartbeat",
    "Logout",
    "Mail",
    "Removal",
    "Target",
    "TargetExchange",
]
