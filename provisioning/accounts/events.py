"""The log gets an event for each change that a target acknowledged, and for each new failure."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from audit.foundation import ids
from audit.log.ledger import Subject
from delegation.authorization.event_types import Observation
from provisioning.accounts import causes
from provisioning.accounts.results import Acknowledged
from provisioning.accounts.task import AccountOutcome
from provisioning.delivery.events import DeliveryEvents, seconds


def record(
    *, acknowledged: Sequence[Acknowledged], failed: Sequence[AccountOutcome], at: dt.datetime
) -> None:
    """Insert one event for each acknowledged change and for each membership of a newly failed account."""
    events = DeliveryEvents()
    for change in acknowledged:
        # The facts are this membership's: whether the person is active for others does not concern this organization.
        rights = change.outcome.task.row.desired.rights.get(str(change.membership), [])
        _add(
            events,
            Observation.ACCOUNT_SYNCED,
            change.outcome,
            membership=change.membership,
            organization=change.organization,
            act=change.act,
            facts={"active": bool(rights), "rights": len(rights), "seconds": seconds(change.act_at, at)},
        )
    _add_failures(events, failed)
    events.write(at=at)


def _add_failures(events: DeliveryEvents, failed: Sequence[AccountOutcome]) -> None:
    acts = causes.of_open_deliveries(
        acts={outcome.task.row.account.id: outcome.task.row.account.act for outcome in failed}
    )
    for outcome in failed:
        desired = outcome.task.row.desired
        code = outcome.error.code.value if outcome.error else ""
        for membership, organization in desired.organizations.items():
            _add(
                events,
                Observation.ACCOUNT_SYNC_FAILED,
                outcome,
                membership=uuid.UUID(membership),
                organization=organization,
                act=acts.get((outcome.task.row.account.id, uuid.UUID(membership))) or ids.uuid7(),
                facts={"active": bool(desired.rights.get(membership)), "code": code},
            )


def _add(
    events: DeliveryEvents,
    verb: Observation,
    outcome: AccountOutcome,
    *,
    membership: uuid.UUID,
    organization: uuid.UUID,
    act: uuid.UUID,
    facts: Mapping[str, Any],
) -> None:
    target = outcome.task.row.target
    events.add(
        verb,
        subject=Subject("membership", membership),
        chain=organization,
        organization=organization,
        act=act,
        facts={"target": str(target.id), "application": target.application.key, **facts},
    )
