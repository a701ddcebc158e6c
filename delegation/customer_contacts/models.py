"""A contact of a customer for invoices or contracts is no user: the supplier calls or writes to this person."""

from django.db import models
from django.db.models import F, Q

from audit.foundation import ids
from audit.foundation.intervals import no_overlapping_intervals
from identity.organizations.models import Organization


class CustomerContact(models.Model):
    """Holds what was known of a contact in a half-open interval; a change ends the row and adds one.

    In SQL: a row is ended once and never rewritten.
    """

    class ContactKind(models.TextChoices):
        """Says what the contact is for."""

        INVOICE = "invoice"
        CONTRACT = "contract"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    contact = models.UUIDField()
    """The person, the same over all changes; the log's personal values are encrypted under this id's key."""
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="contacts")
    kind = models.CharField(max_length=10, choices=ContactKind)
    name = models.CharField(max_length=200)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    added_by = models.UUIDField()
    added_by_kind = models.CharField(max_length=16)
    act = models.UUIDField()

    class Meta:
        indexes = [
            models.Index(fields=["organization", "valid_from"], name="contact_of_organization"),
        ]
        constraints = [
            no_overlapping_intervals("contact_no_overlap", "contact"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="contact_not_empty",
            ),
            models.CheckConstraint(condition=~Q(email="", phone=""), name="contact_is_reachable"),
        ]
