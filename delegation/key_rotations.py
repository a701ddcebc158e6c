"""The supplier's log names each rotation of keys; only `manage.py keys rotate`, on the server, writes keys (ADR 14)."""

import datetime as dt
from collections.abc import Sequence

from audit.foundation.actor import Actor
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import SupplierSet
from delegation.authorization.verbs import Verb


@command
def record(
    *,
    actor: Actor,
    purpose: str,
    keys: Sequence[str],
    used_from: dt.datetime,
    at_once: bool,
    idempotency_key: str | None = None,
) -> Outcome[None]:
    """Record that these keys were made, by id, and from when they are used. No web page can make keys."""
    with acting(actor, Verb.KEY_ROTATE, on=SupplierSet(), idempotency_key=idempotency_key) as act:
        act.record(
            key_purpose=purpose, new_keys=sorted(keys), used_from=used_from.isoformat(), at_once=at_once
        )
    return act.outcome
