"""What can be refused here (`portal.wording.refusals`)."""

from audit.foundation.errors import DomainError


class NothingToResync(DomainError):
    """As far as is known, every system holds what it should."""

    code = "nothing_differs"
