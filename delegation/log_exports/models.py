"""A large export of events is computed in the background in parts, each encrypted under the key of who asked for it."""

from django.db import models
from django.db.models import F, Q

from audit.foundation import ids


class LogExport(models.Model):
    """Holds what a staff user asked to export, how far it is, and until when it can be downloaded.

    `search` is encrypted: its texts name people.
    """

    class State(models.TextChoices):
        """Says what became of the export; an open one goes on where it stopped."""

        OPEN = "open"
        DONE = "done"
        FAILED = "failed"

    class Failure(models.TextChoices):
        """Says why an export failed."""

        RIGHTS = "rights"
        """The rights that it was asked with are no longer in force."""
        TOO_SLOW = "too_slow"
        ERROR = "error"

    id = models.UUIDField(primary_key=True)
    asked_by = models.UUIDField()
    staff_roles = models.JSONField()
    """The roles that the session allowed, and below the ids of the rights: both must still hold."""
    rights = models.JSONField()
    search = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    failure = models.CharField(max_length=10, choices=Failure, blank=True)
    is_cut = models.BooleanField(default=False)
    """Whether there are more events than an export holds, or a text means more than is searched."""
    rows = models.PositiveIntegerField(default=0)
    proven = models.PositiveIntegerField(default=0)
    """The rows with an inclusion proof."""
    parts = models.PositiveIntegerField(default=0)
    position = models.UUIDField(null=True)
    """The event after which the next part begins."""
    reached_at = models.DateTimeField(null=True)
    """The instant of the oldest event so far."""
    note = models.TextField(blank=True)
    """The signed checkpoint that the proofs lead to."""
    size = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    """Of the next part."""
    leased_until = models.DateTimeField(null=True)
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", finished_at__isnull=True, failure="")
                | Q(state="done", finished_at__isnull=False, failure="")
                | (Q(state="failed", finished_at__isnull=False) & ~Q(failure="")),
                name="log_export_ends_once",
            ),
            models.CheckConstraint(condition=Q(proven__lte=F("rows")), name="log_export_proves_its_rows"),
        ]
        indexes = [
            models.Index(fields=["asked_at"], name="log_export_open", condition=Q(state="open")),
            models.Index(fields=["asked_by"], name="log_export_of_user"),
        ]


class LogExportPart(models.Model):
    """Holds the rows of one part, encrypted."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    export = models.ForeignKey(LogExport, models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    content = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["export", "number"], name="log_export_part_once")]
