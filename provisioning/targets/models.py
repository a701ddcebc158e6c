"""Targets are the systems to which accounts are provisioned."""

from django.db import models
from django.db.models import Q

from audit.foundation import ids
from identity.clients.models import Application


class Target(models.Model):
    """Describes the provisioning endpoint of one application, and its behavior."""

    class RecordPer(models.TextChoices):
        """Says whether a target has one record per person or one per membership."""

        PERSON = "person"
        MEMBERSHIP = "membership"

    class OnRemoval(models.TextChoices):
        """Says whether a record is deactivated or deleted after a removal."""

        DEACTIVATE = "deactivate"
        DELETE = "delete"

    class NameForm(models.TextChoices):
        """Says how a person's name is sent: SCIM's `name.formatted` alone, or with given and family name."""

        FORMATTED = "formatted"
        GIVEN_AND_FAMILY = "given_and_family"

    class MediaType(models.TextChoices):
        """Names the media type of requests: that of RFC 7644, or plain JSON for targets that answer 415 to it."""

        SCIM = "application/scim+json"
        JSON = "application/json"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    application = models.ForeignKey(Application, models.PROTECT, related_name="targets")
    kind = models.CharField(max_length=10)
    """A key of `provisioning.connectors.registry.CONNECTORS`."""
    base_url = models.URLField(max_length=500)
    token = models.BinaryField()
    """The bearer token, encrypted under this row's id (`audit.foundation.encryption`)."""
    include_applications = models.JSONField(default=list)
    """Keys of further applications; their rights are sent too, for people with rights in this one."""
    record_per = models.CharField(max_length=10, choices=RecordPer, default=RecordPer.PERSON)
    on_removal = models.CharField(max_length=10, choices=OnRemoval, default=OnRemoval.DEACTIVATE)
    name_form = models.CharField(max_length=20, choices=NameForm, default=NameForm.FORMATTED)
    send_phone = models.BooleanField(default=False)
    """Whether records have the work phone: a target gets it only where its operator asks for it."""
    media_type = models.CharField(max_length=30, choices=MediaType, default=MediaType.SCIM)
    supports_patch = models.BooleanField(default=True)
    """False once two records have shown that the target has no PATCH; it is then sent whole records first."""
    without_patch = models.BigIntegerField(null=True)
    """An account that has shown it; one alone proves nothing."""
    verify_writes = models.BooleanField(default=True)
    """Whether every write is verified by reading it back."""
    is_active = models.BooleanField(default=True)
    down_since = models.DateTimeField(null=True)
    pause_until = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    """Staff have paused deliveries until then; `pause_until` is the pause after a failure."""
    sync_cursor = models.BigIntegerField(null=True)
    """The last account that a sync under way has made due; None without one."""
    synced_at = models.DateTimeField(null=True)
    """When the last sync had made all accounts due."""
    failures = models.PositiveIntegerField(default=0)
    """Failures in a row of the target as a whole; above 0, it gets one call at a time."""
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=Q(is_active=True), name="target_one_per_application"
            )
        ]


class TargetExchange(models.Model):
    """Holds one request to a target and its answer, masked (`provisioning.targets.exchange_masking`)."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    target = models.ForeignKey(Target, models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=500)
    status = models.PositiveSmallIntegerField()
    """0 where no answer came; `error` is the code of the reason."""
    error = models.CharField(max_length=20, blank=True)
    milliseconds = models.PositiveIntegerField()
    sent = models.TextField(blank=True)
    received = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["target", "-at"], name="exchange_of_target")]
