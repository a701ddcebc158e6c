"""What can be refused here (`portal.sentences`)."""

from audit.errors import DomainError


class NothingDiffers(DomainError):
    """As far as is known, every system holds what it should."""

    code = "nothing_differs"
