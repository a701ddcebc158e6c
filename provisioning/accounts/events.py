"""Events of accounts: what targets have acknowledged, and what they newly refuse."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from audit.foundation import ids
from audit.log.ledger import Subject
from delegation.authorization.verbs import Observation
from provisioning.accounts.results import Acknowledged
from provisioning.delivery.events import DeliveryEvents, seconds
from provisioning.delivery.task import DeliveryOutcome


def record(*, delivered: Sequence[Acknowledged], failed: Sequence[DeliveryOutcome], at: dt.datetime) -> None:
    """Insert one event for each record a target acknowledged or newly refused."""
    notes = DeliveryEvents()
    for one in delivered:
        membership = str(one.membership)
        rights = one.ending.errand.row.wanted.rights.get(membership, [])
        # Of this membership alone: whether the person is active for others is nothing for this organization's log.
        held = {"active": bool(rights), "rights": len(rights), "seconds": seconds(one.act_at, at)}
        facts = {**_facts(one.ending), **held}
        _say(notes, Observation.ACCOUNT_SYNCED, one.membership, one.organization, one.act, facts)
    for ending in failed:
        code = {"code": ending.problem.code.value if ending.problem else ""}
        for membership, organization in ending.errand.row.wanted.organizations.items():
            held = {"active": bool(ending.errand.row.wanted.rights.get(membership))}
            facts = {**_facts(ending), **held, **code}
            _say(
                notes,
                Observation.ACCOUNT_SYNC_FAILED,
                uuid.UUID(membership),
                organization,
                _act(ending),
                facts,
            )
    notes.write(at=at)


def _say(
    notes: DeliveryEvents,
    verb: Observation,
    membership: uuid.UUID,
    organization: uuid.UUID,
    act: uuid.UUID,
    facts: Mapping[str, Any],
) -> None:
    subject = Subject("membership", membership)
    notes.say(verb, subject=subject, chain=organization, organization=organization, act=act, facts=facts)


def _facts(ending: DeliveryOutcome) -> dict[str, Any]:
    push = ending.errand.row
    return {
        "target": str(push.target.id),
        "application": push.target.application.key,
    }


def _act(ending: DeliveryOutcome) -> uuid.UUID:
    return ending.errand.row.account.act or ids.uuid7()
