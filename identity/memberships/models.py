"""People are members of organizations, and periods say when they are active or suspended."""

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, NullIf

from audit.foundation import ids
from audit.foundation.intervals import no_overlapping_intervals
from identity.organizations.models import Organization
from identity.people.models import User


class Membership(models.Model):
    """Links a user to an organization by one permanent row.

    Its periods say when it is in force; endings raise `epoch`.
    """

    class Kind(models.TextChoices):
        """Says whether the member is a person or a program."""

        PERSON = "person"
        SERVICE = "service"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    directory = models.CharField(max_length=10, default=User.Directory.CUSTOMER)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PERSON)
    title = models.CharField(max_length=120, blank=True)
    former_name = models.CharField(max_length=200, blank=True)
    """The name of a former member at the end, where the person has another name since; empty while a period runs."""
    sort_key = models.CharField(max_length=400)
    """Of the shown name, so that a page of people is one index scan."""
    epoch = models.PositiveIntegerField(default=1)
    revoked_at = models.DateTimeField(null=True)
    """What was issued or proved until this instant is void for this organization; the browser's session may go on."""
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="membership_one_per_person"),
            models.CheckConstraint(condition=~Q(directory="staff"), name="membership_never_for_staff"),
        ]
        indexes = [models.Index(fields=["organization", "sort_key", "id"], name="membership_by_name")]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def shown_name(self) -> str:
        """Return the person's name as the organization sees it; SHOWN_NAME in queries."""
        return self.former_name or self.user.name


SHOWN_NAME = Coalesce(NullIf(F("former_name"), Value("")), F("user__name"))
"""A former organization does not learn the name that the person has now."""


class MembershipPeriod(models.Model):
    """Holds a half-open interval in which a membership is active or suspended; periods never overlap."""

    class State(models.TextChoices):
        """Says which state a membership has during a period; without a period it has ended."""

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
