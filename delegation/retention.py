"""Rows are deleted after their retention time: stored outcomes of old requests, and dead invitation links."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from audit.foundation.actor import Actor
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.models import IdempotencyRecord
from delegation.acts.subjects import SupplierSet
from delegation.authorization.verbs import Verb
from delegation.invitations import links
from delegation.invitations.models import InvitationToken

IDEMPOTENCY_RETENTION = dt.timedelta(days=7)
"""A page left open over a weekend may still repeat its request."""
BATCH = 5000
"""Rows of each kind in one act, which holds the lock of the supplier's chain."""


@dataclass(frozen=True, slots=True)
class Purged:
    """Counts the deleted rows of each kind."""

    idempotency_records: int
    invitation_links: int


@command
def purge(*, actor: Actor, idempotency_key: str | None = None) -> Outcome[Purged]:
    """Delete up to `BATCH` rows of each kind, oldest first."""
    with acting(actor, Verb.RETENTION_PURGE, on=SupplierSet(), idempotency_key=idempotency_key) as act:
        records = list(expired_idempotency_records(at=act.at).values_list("id", flat=True)[:BATCH])
        links = list(dead_links(at=act.at).values_list("hash", flat=True)[:BATCH])
        IdempotencyRecord.objects.filter(id__in=records).delete()
        InvitationToken.objects.filter(hash__in=links).delete()
        act.record(idempotency_records=len(records), invitation_links=len(links))
        return act.set_result(Purged(len(records), len(links)))


def expired_idempotency_records(*, at: dt.datetime) -> QuerySet[IdempotencyRecord]:
    """Filter stored outcomes older than `IDEMPOTENCY_RETENTION`, oldest first."""
    return IdempotencyRecord.objects.filter(at__lt=at - IDEMPOTENCY_RETENTION).order_by("id")


def dead_links(*, at: dt.datetime) -> QuerySet[InvitationToken]:
    """Filter links of invitations that closed more than `links.RETENTION` ago. The invitations stay for the log."""
    before = at - links.RETENTION
    closed = Q(invitation__accepted_at__lt=before) | Q(invitation__cancelled_at__lt=before)
    return InvitationToken.objects.filter(closed | Q(invitation__expires_at__lt=before)).order_by("hash")


def has_expired(*, at: dt.datetime) -> bool:
    """Read whether there are rows to purge. Two statements at most."""
    return expired_idempotency_records(at=at).exists() or dead_links(at=at).exists()
