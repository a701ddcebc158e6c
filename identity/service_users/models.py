"""A service user is a program that a member or a staff user owns; its tokens are stored as keyed hashes."""

from django.db import models
from django.db.models import F, Q

from identity.memberships.models import Membership
from identity.organizations.models import Organization
from identity.people.models import User


class ServiceUser(models.Model):
    """Holds the owner, the scopes and the interval of a user of the directory `service`.

    It is in force while its interval and the owner's period in which it began both hold; one of staff while its owner
    signs in (`identity_service_user_at`). In SQL: `directory` and `staff_directory`, so that the row cannot refer to a
    user of another directory, and scopes that fit the owner.
    """

    id = models.UUIDField(primary_key=True)
    """The user's id, which is the client id of the token endpoint too."""
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="service_users", null=True)
    """None for one of staff."""
    owner = models.ForeignKey(Membership, models.PROTECT, related_name="service_users", null=True)
    """The member whose authorities it has, as far as its scopes allow; None for one of staff."""
    staff_owner = models.ForeignKey(User, models.PROTECT, related_name="staff_service_users", null=True)
    """The staff member whose rights it has, as far as its scopes allow."""
    scopes = models.CharField(max_length=400)
    """Separated by spaces (RFC 6749 §3.3)."""
    secret_hash = models.CharField(max_length=80, blank=True)
    """Empty for one that authenticates by keys."""
    former_secret_hash = models.CharField(max_length=80, blank=True)
    """That of the secret before, which is accepted until `former_secret_until`."""
    former_secret_until = models.DateTimeField(null=True)
    jwks_uri = models.URLField(blank=True)
    """Where its keys are: it authenticates by `private_key_jwt` (RFC 7523), and by no secret."""
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("valid_from")), name="service_user_interval_not_empty"
            ),
            models.CheckConstraint(
                condition=Q(jwks_uri="") ^ Q(secret_hash="", former_secret_hash=""),
                name="service_user_has_secret_or_keys",
            ),
            models.CheckConstraint(
                condition=Q(former_secret_hash="", former_secret_until=None)
                | (Q(former_secret_until__isnull=False) & ~Q(former_secret_hash="")),
                name="service_user_former_secret_ends",
            ),
            models.CheckConstraint(
                condition=Q(organization__isnull=False, owner__isnull=False, staff_owner__isnull=True)
                | Q(organization__isnull=True, owner__isnull=True, staff_owner__isnull=False),
                name="service_user_one_owner",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


CREDENTIAL = ("secret_hash", "former_secret_hash", "former_secret_until", "jwks_uri", "valid_until")
"""The columns of ServiceUser that say how it authenticates, and how long."""


class ServiceToken(models.Model):
    """Stores an access token of a service user (RFC 6749 §4.4); the token names the service user too."""

    hash = models.CharField(max_length=80, primary_key=True)
    service_user = models.ForeignKey(ServiceUser, models.CASCADE, related_name="tokens")
    scopes = models.CharField(max_length=400)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)
    """When the service user revoked it."""

    def __str__(self) -> str:
        return str(self.service_user_id)
