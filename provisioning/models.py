"""What must be told to whom, and what they are known to know. No act's mark guards these: they follow from the log."""

from provisioning.accounts.models import Account, Cursor, Delivery
from provisioning.delivery.models import Due
from provisioning.logout.models import Logout
from provisioning.mail.models import Mail
from provisioning.targets.models import Target

__all__ = ["Account", "Cursor", "Delivery", "Due", "Logout", "Mail", "Target"]
