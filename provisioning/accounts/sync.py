"""Syncs make all accounts of a target due, in batches, so that no statement is long."""

import datetime as dt

from provisioning.accounts import reconcile
from provisioning.accounts.models import Account
from provisioning.targets.models import Target

BATCH = 500
"""Accounts of each target in one sweep."""


def make_due(*, at: dt.datetime) -> int:
    """Make the next accounts of every sync due: each is read in the target before it is written. Returns how many.

    A paused target waits. One statement where no sync is under way.
    """
    syncing = Target.objects.filter(sync_cursor__isnull=False, is_active=True).exclude(paused_until__gt=at)
    total = 0
    for target, cursor in syncing.values_list("id", "sync_cursor"):
        # A person without an account there, as far as known, has nothing that a sync could correct.
        rows = Account.objects.filter(target=target, id__gt=cursor).exclude(state=Account.State.NOT_NEEDED)
        batch = list(rows.order_by("id").values_list("id", flat=True)[:BATCH])
        total += reconcile.resync(accounts=batch) if batch else 0
        progress = {"sync_cursor": batch[-1]} if batch else {"sync_cursor": None, "synced_at": at}
        Target.objects.filter(id=target, sync_cursor=cursor).update(**progress)
    return total
