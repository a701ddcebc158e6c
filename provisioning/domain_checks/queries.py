"""Pages show what the DNS answered last."""

import datetime as dt
import uuid
from dataclasses import dataclass

from provisioning.domain_checks.models import DomainCheck


@dataclass(frozen=True, slots=True)
class LastCheck:
    """Describes the newest check of a domain; `result` is found, not_found or unreachable."""

    result: str
    checked_at: dt.datetime
    failing_since: dt.datetime | None


def last_checks(*, organization: uuid.UUID) -> dict[str, LastCheck]:
    """Return the newest check by domain. One statement."""
    rows = DomainCheck.objects.filter(organization=organization)
    columns = rows.values_list("domain", "result", "checked_at", "failing_since")
    return {domain: LastCheck(result, at, since) for domain, result, at, since in columns}
