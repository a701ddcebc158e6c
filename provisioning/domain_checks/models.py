"""What the DNS answered last is kept for pages and for the next check."""

from django.db import models

from audit.foundation import ids


class DomainCheck(models.Model):
    """Holds the newest check of one domain of an organization."""

    class DnsAnswer(models.TextChoices):
        """Says what the DNS answered."""

        FOUND = "found"
        NOT_FOUND = "not_found"
        UNREACHABLE = "unreachable"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    organization = models.UUIDField()
    domain = models.CharField(max_length=253)
    result = models.CharField(max_length=12, choices=DnsAnswer)
    checked_at = models.DateTimeField()
    failing_since = models.DateTimeField(null=True)
    """The first check in a row that did not find the record."""
    due_at = models.DateTimeField(null=True)
    """When the job checks again; empty for a domain that is not verified."""

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="domain_check_due")
        ]
        constraints = [
            models.UniqueConstraint(fields=["organization", "domain"], name="domain_check_one_newest")
        ]
