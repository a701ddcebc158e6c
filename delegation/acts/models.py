"""Idempotency keys are stored with the outcome in the act's own transaction."""

from django.db import models


class IdempotencyRecord(models.Model):
    """Stores a request under its caller's key, with its outcome."""

    id = models.BigAutoField(primary_key=True)
    actor = models.UUIDField()
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=80)
    """Keyed hash of the arguments: another request under the same key is refused."""
    outcome = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "key"], name="idempotency_key_per_actor")]
