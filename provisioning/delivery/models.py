"""What deliveries of every kind have in common."""

from django.db import models


class Due(models.Model):
    """Something that has to be told: due, leased to one deliverer at a time, tried again until it is known.

    A lease ends with its time or with the deliverer that holds it, whichever comes first (`workers`).
    """

    due_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    leased_by = models.IntegerField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    """Failures in a row."""
    last_error = models.CharField(max_length=40, blank=True)
    """A code of `provisioning.delivery.errors`; empty when nothing is wrong."""

    class Meta:
        abstract = True
