"""The log gets an event for each mail that was sent or has failed for good."""

from collections.abc import Mapping
from typing import Any

import structlog

from audit.log import ledger
from audit.log.ledger import Subject
from delegation.authorization.event_types import Observation
from provisioning.delivery.events import DeliveryEvents
from provisioning.mail import stored
from provisioning.mail.models import Mail

log = structlog.get_logger(__name__)


def record(events: DeliveryEvents, verb: Observation, row: Mail, facts: Mapping[str, Any]) -> None:
    """Add the event of one mail, under the act that it concerns; none where the row is not as it was stored."""
    if not stored.is_authentic(row=row):
        log.warning("mail.changed", mail=str(row.id))
        return
    events.add(
        verb,
        subject=Subject("mail", row.id),
        chain=row.organization or row.about or ledger.SUPPLIER,
        organization=row.organization,
        act=row.about or row.id,
        facts={"purpose": row.purpose, **({"about": str(row.about)} if row.about else {}), **facts},
    )
