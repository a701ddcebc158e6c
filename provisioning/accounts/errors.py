"""Commands on accounts raise these errors; `portal.wording.refusals` has their sentences."""

from audit.foundation.errors import DomainError


class NothingToResync(DomainError):
    """Every account of these members is up to date, as far as known."""

    code = "nothing_differs"
