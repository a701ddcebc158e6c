"""Idempotency keys, kept with the outcome in the act's own transaction."""

from django.db import models


class IdempotencyRecord(models.Model):
    """What a caller asked under its own key, and what the answer was."""

    id = models.BigAutoField(primary_key=True)
    actor = models.UUIDField()
    key = models.CharField(max_length=200)
    request = models.CharField(max_length=80)
    """Keyed hash of all that was asked: another request under the same key is a mistake."""
    outcome = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "key"], name="idempotency_key_per_actor")]
