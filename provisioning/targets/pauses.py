"""Staff pause the deliveries to a target for a while, resume them, and have every account of it synchronized."""

import datetime as dt
import uuid

from audit.foundation.actor import Actor
from audit.log import ledger
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.authorization.errors import InvalidInput, NotFound, Unchanged
from delegation.authorization.verbs import Verb
from provisioning.targets import subjects
from provisioning.targets.models import Target

LONGEST_PAUSE = 7 * 24
"""Hours. Removals wait too, so a pause that was forgotten ends by itself."""


@command
def pause(
    *, actor: Actor, target: uuid.UUID, hours: int, idempotency_key: str | None = None
) -> Outcome[None]:
    """Deliver nothing to this target for so many hours, at most `LONGEST_PAUSE`; changes and removals wait.

    A call that is under way ends as usual. Raises InvalidInput besides the errors of every act.
    """
    if not 0 < hours <= LONGEST_PAUSE:
        raise InvalidInput(field="hours", problem="unknown")
    on = subjects.of_target(target)
    with acting(actor, Verb.TARGET_PAUSE, on=on, idempotency_key=idempotency_key) as act:
        row = _active(target)
        _set(act, row, act.at + dt.timedelta(hours=hours))
    return act.outcome


@command
def resume(*, actor: Actor, target: uuid.UUID, idempotency_key: str | None = None) -> Outcome[None]:
    """Deliver what waited. Raises Unchanged for a target that is not paused, besides the errors of every act."""
    on = subjects.of_target(target)
    with acting(actor, Verb.TARGET_RESUME, on=on, idempotency_key=idempotency_key) as act:
        row = _active(target)
        if row.paused_until is None or row.paused_until <= act.at:
            raise Unchanged
        _set(act, row, None)
    return act.outcome


@command
def sync(*, actor: Actor, target: uuid.UUID, idempotency_key: str | None = None) -> Outcome[None]:
    """Have every account of this target read and corrected where it differs; the deliverer makes them due in batches.

    A sync under way begins again. Logs one event; the accounts themselves have none until something was corrected.
    """
    on = subjects.of_target(target)
    with acting(actor, Verb.TARGET_SYNC, on=on, idempotency_key=idempotency_key) as act:
        row = _active(target)
        Target.objects.filter(id=row.id).update(sync_cursor=0)
        act.record(target=str(target))
    return act.outcome


def _active(target: uuid.UUID) -> Target:
    row = Target.objects.filter(id=target, is_active=True).first()
    if row is None:
        raise NotFound
    return row


def _set(act: Act, row: Target, until: dt.datetime | None) -> None:
    Target.objects.filter(id=row.id).update(paused_until=until)
    act.record(target=str(row.id))
    act.record_change(
        ledger.SUPPLIER,
        before={"paused_until": row.paused_until.isoformat() if row.paused_until else None},
        after={"paused_until": until.isoformat() if until else None},
    )
