"""Deliveries of every kind share columns; processes without a port have heartbeats."""

from django.db import models


class Due(models.Model):
    """A delivery is due, then leased to one worker at a time, and retried until confirmed.

    A lease ends at its time or with its worker, whichever comes first (`workers`).
    """

    due_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    leased_by = models.IntegerField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    """Failures in a row."""
    failing_since = models.DateTimeField(null=True)
    """When the first of the failures in a row happened; a retry leaves it as it is.

    Empty after a success, and where nothing is retried any more."""
    last_failed_at = models.DateTimeField(null=True)
    """When the last of the failures in a row happened; empty after a success."""
    last_error = models.CharField(max_length=40, blank=True)
    """A code of `provisioning.delivery.errors`; empty after a success."""

    class Meta:
        abstract = True


class Heartbeat(models.Model):
    """Holds when a process was last seen (`heartbeats`)."""

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=10)
    build = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
