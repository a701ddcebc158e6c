"""The log gets an event for each mail that was sent or has failed for good."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from audit.log import ledger
from audit.log.ledger import Subject
from delegation.authorization.event_types import Observation
from identity.people.models import User
from provisioning.delivery.errors import Code
from provisioning.delivery.events import DeliveryEvents
from provisioning.mail import stored
from provisioning.mail.models import Mail

log = structlog.get_logger(__name__)
REFUSED: Mapping[str, Any] = {"code": Code.REFUSED.value}
"""The facts of a mail that the relay refused."""


@dataclass(frozen=True, slots=True)
class MailOutcomeFacts:
    """Says what became of one mail."""

    verb: Observation
    row: Mail
    facts: Mapping[str, Any] = field(default_factory=dict)


def record(events: DeliveryEvents, mails: Sequence[MailOutcomeFacts]) -> None:
    """Add the events, each under the act that its mail concerns; none where the row is not as it was stored.

    One statement for mails that concern no organization.
    """
    known = [one for one in mails if _is_authentic(one.row)]
    people = _people([one.row for one in known])
    for one in known:
        row = one.row
        about = {"about": str(row.about)} if row.about else {}
        events.add(
            one.verb,
            subject=Subject("mail", row.id),
            chain=row.organization or (row.about if row.about in people else None) or ledger.SUPPLIER,
            organization=row.organization,
            act=row.about or row.id,
            facts={"purpose": row.purpose, **about, **one.facts},
        )


def _is_authentic(row: Mail) -> bool:
    if stored.is_authentic(row=row):
        return True
    log.warning("mail.changed", mail=str(row.id))
    return False


def _people(rows: Sequence[Mail]) -> set[uuid.UUID]:
    """Return the people that mails without an organization are about.

    Another such mail is about a stranger's request or a program of the supplier: no page shows a chain of theirs.
    """
    about = {row.about for row in rows if row.about and not row.organization}
    if not about:
        return set()
    users = User.all_directories.filter(pk__in=about).exclude(directory=User.Directory.SERVICE)
    return set(users.values_list("pk", flat=True))
