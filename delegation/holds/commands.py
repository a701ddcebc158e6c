"""Staff place and lift holds. Rights are computed without what is on hold, so nothing else is written."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from audit.foundation.actor import Actor
from audit.foundation.intervals import NotEnded
from audit.log.ledger import Subject
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import SupplierSet
from delegation.authorization import input_cleaning
from delegation.authorization.errors import AlreadyExists, InvalidAccess, InvalidInput, NotFound
from delegation.authorization.models.ceilings import Hold
from delegation.authorization.models.roles import Entitlement
from delegation.authorization.verbs import Verb
from identity.clients.models import Application
from identity.organizations.models import Organization


@dataclass(frozen=True, slots=True)
class HoldPlaced:
    """Names the new hold."""

    hold: uuid.UUID


@command
def place(
    *,
    actor: Actor,
    organization: Organization,
    stops: str,
    reason: str,
    until: dt.datetime | None = None,
    note: str = "",
    idempotency_key: str | None = None,
) -> Outcome[HoldPlaced]:
    """Stop an application, or one entitlement, for the whole organization from now on; `stops` is the key of either.

    At `until` the hold lifts by itself. The note stands in the supplier's log alone. Raises InvalidInput,
    InvalidAccess and AlreadyExists besides the errors of every act.
    """
    note = input_cleaning.reason(note)
    if reason not in Hold.Reason.values:
        raise InvalidInput(field="reason", problem="unknown")
    affects = SupplierSet(affects=(organization.id,))
    with acting(actor, Verb.HOLD_PLACE, on=affects, idempotency_key=idempotency_key) as act:
        if until is not None and until <= act.at:
            raise InvalidAccess(field="until", problem="past")
        hold = _new(act, organization, stops, reason, until)
        _require_no_other(hold)
        hold.save(force_insert=True)
        _record(act, hold, note, hold_until=until.isoformat() if until else None)
        return act.set_result(HoldPlaced(hold.id))


def _new(act: Act, organization: Organization, stops: str, reason: str, until: dt.datetime | None) -> Hold:
    application = Application.objects.filter(key=stops).first()
    entitlement = None if application else Entitlement.objects.filter(key=stops).first()
    if application is None and entitlement is None:
        raise InvalidInput(field="stops", problem="unknown")
    return Hold(
        organization=organization,
        application=application,
        entitlement=entitlement,
        reason=reason,
        valid_from=act.at,
        valid_until=until,
        placed_by=act.actor.id,
        placed_by_kind=act.actor.kind.value,
        act=act.id,
    )


def _require_no_other(hold: Hold) -> None:
    same = Hold.objects.filter(
        NotEnded(hold.valid_from),
        organization=hold.organization,
        application=hold.application,
        entitlement=hold.entitlement,
    )
    if same.exists():
        raise AlreadyExists(field="hold")


@command
def lift(*, actor: Actor, hold: Hold, note: str = "", idempotency_key: str | None = None) -> Outcome[None]:
    """End a hold now: all rights work as before. Raises NotFound for one that has ended."""
    note = input_cleaning.reason(note)
    affects = SupplierSet(affects=(hold.organization_id,))
    with acting(actor, Verb.HOLD_LIFT, on=affects, idempotency_key=idempotency_key) as act:
        rows = Hold.objects.select_related("application", "entitlement")
        row = rows.filter(NotEnded(act.at), id=hold.id, organization=hold.organization_id).first()
        if row is None:
            raise NotFound
        row.valid_until = act.at
        row.save(update_fields=["valid_until"])
        _record(act, row, note)
    return act.outcome


def _record(act: Act, hold: Hold, note: str, **more: Any) -> None:
    """Record the hold in the supplier's event, and without the note in the organization's."""
    facts: dict[str, Any] = {
        "hold": str(hold.id),
        "application": hold.application.key if hold.application else None,
        "entitlement": hold.entitlement.key if hold.entitlement else None,
        "hold_reason": hold.reason,
        **more,
    }
    act.record(reason=note, organization=str(hold.organization_id), **facts)
    act.also(
        act.verb,
        Subject("organization", hold.organization_id),
        cause=act.verb,
        facts=facts,
        chain=hold.organization_id,
    )
