"""Due rows are leased in batches, queue by queue, without waiting for a lock; one worker has each row."""

import datetime as dt
import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from provisioning.delivery.target_queues import DEPTH

LEASE = dt.timedelta(seconds=120)
"""Longer than any delivery can take. The leases of a dead worker are released at once (`workers`)."""
LONG_LEASE = dt.timedelta(minutes=10)
"""For mails: SMTP takes a dozen replies, and a relay may delay each of them (`provisioning.mail.smtp`)."""

DUE = "due_at <= %(at)s AND (leased_until IS NULL OR leased_until <= %(at)s)"
"""The condition of a row that may be leased."""


@dataclass(frozen=True, slots=True)
class LeasedTable:
    """Describes a table whose rows are leased (`provisioning.delivery.models.Due`)."""

    name: str
    on_release: str = ""
    """Further assignments for a dead worker's rows; they may use %(at)s and %(uncertain_until)s."""


def params(
    *,
    worker: int,
    at: dt.datetime,
    in_flight: Mapping[Hashable, int],
    depth: int = DEPTH,
    lease: dt.timedelta = LEASE,
) -> dict[str, Any]:
    """Return the parameters of a leasing statement. A queue is identified by a text or an id."""
    return {
        "at": at,
        "until": at + lease,
        "worker": worker,
        "depth": depth,
        "in_flight": json.dumps({str(queue): count for queue, count in in_flight.items()}),
    }
