"""Rights of the supplier's staff are half-open intervals, each for one part of the supplier's customers."""

from django.db import models
from django.db.models import F, Q
from guardian.models import UserObjectPermissionBase

from audit.foundation import ids
from audit.foundation.intervals import no_overlapping_intervals
from delegation.authorization.staff_roles import StaffRole
from identity.organizations.models import BusinessUnit, Organization
from identity.people.models import User


class StaffScope(models.Model):
    """Names what a staff right is for: a business unit, an organization, or the whole supplier where it names neither.

    Its permissions are the staff roles, as guardian knows them.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    unit = models.ForeignKey(BusinessUnit, models.PROTECT, null=True, related_name="+")
    organization = models.ForeignKey(Organization, models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        permissions = [(role.value, role.value) for role in StaffRole]
        constraints = [
            models.CheckConstraint(
                condition=Q(unit__isnull=True) | Q(organization__isnull=True),
                name="staff_scope_names_one_part",
            ),
            models.UniqueConstraint(
                fields=["unit", "organization"], nulls_distinct=False, name="staff_scope_unique"
            ),
        ]

    @property
    def is_whole_supplier(self) -> bool:
        """Return whether it names neither a business unit nor an organization."""
        return self.unit_id is None and self.organization_id is None


class StaffRight(models.Model):
    """Gives a staff user a role for a scope, in an interval. The event of `act` holds the reason, encrypted.

    In SQL: `directory`, always `staff`, so that the row cannot refer to a customer's user, and the constraint
    `staff_auditor_apart`: while one of a user's rights is an auditor's, no other role is.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    user = models.ForeignKey(User, models.PROTECT, related_name="staff_rights")
    role = models.CharField(max_length=20)
    scope = models.ForeignKey(StaffScope, models.PROTECT, related_name="rights")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    given_by = models.UUIDField()
    given_by_kind = models.CharField(max_length=16)
    act = models.UUIDField()

    class Meta:
        constraints = [
            no_overlapping_intervals("staff_right_no_overlap", "user", "role", "scope"),
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in StaffRole]), name="staff_right_known_role"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="staff_right_ends_after_it_begins",
            ),
        ]
        indexes = [models.Index(fields=["scope", "role"], name="staff_right_of_scope")]


class StaffPermission(UserObjectPermissionBase):
    """Projects the staff rights that have not ended into guardian, as permissions on their scopes.

    A right counts only while its interval and this row agree. In SQL: `directory`, as in `StaffRight`.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    content_object = models.ForeignKey(StaffScope, models.CASCADE)
