"""The columns that deliveries of every kind share."""

from django.db import models


class Due(models.Model):
    """A delivery: due, leased to one worker at a time, retried until confirmed.

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
