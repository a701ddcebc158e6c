"""Systems that are told who may do what."""

from django.db import models
from django.db.models import Q

from audit.foundation import ids
from identity.clients.models import Application


class Target(models.Model):
    """One application's door for provisioning, and how that application behaves."""

    class Kind(models.TextChoices):
        """The protocol spoken."""

        SCIM = "scim"

    class RecordPer(models.TextChoices):
        """Whether the target keeps one record per person, or one per person and organization."""

        PERSON = "person"
        MEMBERSHIP = "membership"

    class OnRemoval(models.TextChoices):
        """What becomes of a record that is no longer needed."""

        DEACTIVATE = "deactivate"
        DELETE = "delete"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    application = models.ForeignKey(Application, models.PROTECT, related_name="targets")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.SCIM)
    base_url = models.URLField(max_length=500)
    token = models.BinaryField()
    """The bearer token, encrypted under this row's id (`audit.foundation.encryption`)."""
    include_applications = models.JSONField(default=list)
    """Keys of further applications whose rights are told too, of people who have rights here: what sales may see."""
    record_per = models.CharField(max_length=10, choices=RecordPer, default=RecordPer.PERSON)
    on_removal = models.CharField(max_length=10, choices=OnRemoval, default=OnRemoval.DEACTIVATE)
    supports_patch = models.BooleanField(default=True)
    """Set to False once the target has answered that it cannot PATCH; then it is sent whole records."""
    verify_writes = models.BooleanField(default=True)
    """Whether every write is read back to be sure."""
    is_active = models.BooleanField(default=True)
    down_since = models.DateTimeField(null=True)
    pause_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    """Failures in a row of the target as a whole; while there are any, one call at a time is tried."""
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=Q(is_active=True), name="target_one_per_application"
            )
        ]
