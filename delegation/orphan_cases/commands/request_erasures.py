"""Requests of strangers are erased with the keys of their values in the log."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from audit import personal_data
from audit.foundation.actor import Actor
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import SupplierSet
from delegation.authorization.verbs import Verb
from delegation.orphan_cases import request_retention
from delegation.orphan_cases.models import OrphanRequest

BATCH = 200
"""Requests of one act: its event names each, and it holds the lock of the supplier's chain."""


@dataclass(frozen=True, slots=True)
class RequestsErased:
    """Counts the requests."""

    number: int


@command
def erase(
    *, actor: Actor, requests: Collection[uuid.UUID], idempotency_key: str | None = None
) -> Outcome[RequestsErased]:
    """Delete those of the requests that are due, and destroy their keys: the log keeps ids and instants alone.

    The caller names `BATCH` at most.
    """
    on = SupplierSet()
    with acting(actor, Verb.ORPHAN_REQUEST_ERASE, on=on, idempotency_key=idempotency_key) as act:
        due = request_retention.due(at=act.at).filter(id__in=list(requests))
        rows = list(due.select_for_update(of=("self",))[:BATCH])
        erased = [row.id for row in rows]
        keys = personal_data.destroy(people=erased)
        OrphanRequest.objects.filter(id__in=erased).delete()
        act.record(erased_requests=[str(one) for one in erased], destroyed_keys=[str(one) for one in keys])
        return act.set_result(RequestsErased(len(erased)))
