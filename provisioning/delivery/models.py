"""Deliveries of every kind share these columns."""

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
    last_error = models.CharField(max_length=40, blank=True)
    """A code of `provisioning.delivery.errors`; empty after a success."""

    class Meta:
        abstract = True
