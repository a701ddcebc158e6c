"""What must be told to whom, and what they are known to know. No act's mark guards these: they follow from the log."""

from provisioning.models.account import Account, Cursor, Delivery
from provisioning.models.due import Due
from provisioning.models.logout import Logout
from provisioning.models.mail import Mail
from provisioning.models.target import Target

__all__ = ["Account", "Cursor", "Delivery", "Due", "Logout", "Mail", "Target"]
