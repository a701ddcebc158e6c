"""A person's belonging to one organization."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.expressions import Combinable

from audit.foundation import ids
from identity.organizations.models import Organization
from identity.people.models import User


def no_overlapping_intervals(name: str, *fields: str) -> ExclusionConstraint:
    """Intervals (`valid_from`, `valid_until`) of rows with equal `fields` never overlap; NULL is an open end."""
    interval = Func("valid_from", "valid_until", function="TSTZRANGE", output_field=DateTimeRangeField())
    equal: list[tuple[str | Combinable, str]] = [(field, RangeOperators.EQUAL) for field in fields]
    return ExclusionConstraint(name=name, expressions=[(interval, RangeOperators.OVERLAPS), *equal])


class Membership(models.Model):
    """One row for ever; its periods say when it was in force. `epoch` is raised by every ending."""

    class Kind(models.TextChoices):
        """A person, or a program with one named owner."""

        PERSON = "person"
        SERVICE = "service"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    directory = models.CharField(max_length=10, default=User.Directory.CUSTOMER)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PERSON)
    title = models.CharField(max_length=120, blank=True)
    sort_key = models.CharField(max_length=400)
    """A copy of the user's, so that a page of colleagues is one index scan."""
    epoch = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="membership_one_per_person"),
            models.CheckConstraint(condition=~Q(directory="staff"), name="membership_never_for_staff"),
        ]
        indexes = [models.Index(fields=["organization", "sort_key", "id"], name="membership_by_name")]

    def __str__(self) -> str:
        return str(self.pk)


class MembershipPeriod(models.Model):
    """A half-open interval in which a membership was active, or suspended. Periods of one membership never overlap."""

    class State(models.TextChoices):
        """What holds during the period."""

        ACTIVE = "active"
        SUSPENDED = "suspended"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="periods")
    state = models.CharField(max_length=10, choices=State)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            no_overlapping_intervals("period_no_overlap", "membership"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="period_not_empty",
            ),
        ]
        indexes = [models.Index(fields=["membership", "valid_from"], name="period_of_membership")]
