"""The texts of what staff alone are refused stand apart, so that `refusals` has room for others."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from audit.foundation.errors import DomainError
from delegation.authorization import errors

TEXTS: Mapping[type[DomainError], Callable[[], str]] = {
    errors.LastOwner: lambda: _(
        "The last owner cannot be removed. Nothing was changed. Make another person an owner first."
    ),
    errors.OwnerExists: lambda: _(
        "There is an owner already. Nothing was changed. Owners give rights to other staff."
    ),
    errors.AuditorApart: lambda: _(
        "An auditor cannot have another role. Nothing was changed. End the other right first."
    ),
    errors.AlreadySuspended: lambda: _("This customer is suspended already. Nothing was changed."),
    errors.NotSuspended: lambda: _("This customer is not suspended. Nothing was changed."),
    errors.HasMembers: lambda: _(
        "A person has joined. Nothing was changed. The customer’s own admins invite people from now on."
    ),
}
"""The text of each of these refusals; their answer is 409."""
