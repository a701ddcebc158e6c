"""A removal is followed until every system has confirmed it."""

from django.db import models


class Removal(models.Model):
    """Holds a removal of one or several members, and when it is examined next (`late_confirmations`).

    The planner adds the row with the act's other consequences.
    """

    act = models.UUIDField(primary_key=True)
    organization = models.UUIDField()
    removed_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    """Empty once every system has confirmed."""

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="removal_due", condition=models.Q(due_at__isnull=False)),
            models.Index(
                fields=["organization"], name="removal_open", condition=models.Q(due_at__isnull=False)
            ),
        ]
