"""Refusals of commands on accounts (`portal.wording.refusals`)."""

from audit.foundation.errors import DomainError


class NothingToResync(DomainError):
    """Every account of these members is up to date, as far as known."""

    code = "nothing_differs"
