"""Mails wait here for their delivery."""

from django.db import models
from django.db.models import Q

from audit.foundation import ids
from provisioning.delivery.models import Due


class Mail(Due):
    """Holds a queued mail, encrypted and bound to this row (`stored`), and erased once sent."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    recipient = models.BinaryField()
    body = models.BinaryField()
    """The whole message in wire format; empty once it is sent or given up."""
    message_id_hash = models.CharField(max_length=200, unique=True)
    """Keyed (`machine_secrets`): who knows a Message-ID can report that its mail did not arrive."""
    purpose = models.CharField(max_length=40)
    about = models.UUIDField(null=True)
    """The person, invitation, … that it concerns."""
    organization = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="mail_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["about"], name="mail_about"),
            models.Index(fields=["purpose", "created_at"], name="mail_purpose"),
            models.Index(
                fields=["failing_since"], name="mail_failing", condition=Q(failing_since__isnull=False)
            ),
            models.Index(fields=["leased_by"], name="mail_leased", condition=Q(leased_by__isnull=False)),
        ]
