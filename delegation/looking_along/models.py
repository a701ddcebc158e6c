"""A staff member fills a form, which the person of the customer checks and sends."""

from django.db import models

from audit.foundation import ids
from identity.looks.models import Look


class PreparedForm(models.Model):
    """Holds what a staff member filled in. The person sends it as their own act; deleted after the look.

    In SQL: a row is added in an act only, and is sent once.
    """

    class Kind(models.TextChoices):
        """Names the form."""

        INVITE = "invite"
        ACCESS = "access"
        REMOVAL = "removal"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    look = models.ForeignKey(Look, models.PROTECT, related_name="prepared")
    kind = models.CharField(max_length=10, choices=Kind)
    membership = models.UUIDField(null=True)
    """The colleague that the form is about; None for an invitation."""
    content = models.JSONField()
    """The fields of the form, as typed."""
    prepared_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.pk)
