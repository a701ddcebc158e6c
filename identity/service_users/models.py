"""A service user is a program that a member owns; its tokens are stored as keyed hashes."""

from django.db import models
from django.db.models import F, Q

from identity.memberships.models import Membership
from identity.organizations.models import Organization


class ServiceUser(models.Model):
    """Holds the owner, the scopes and the interval of a user of the directory `service`.

    It is in force while its interval and the owner's period in which it began both hold
    (`identity_service_user_at`). In SQL: `directory`, so that the row cannot refer to a person.
    """

    id = models.UUIDField(primary_key=True)
    """The user's id, which is the client id of the token endpoint too."""
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="service_users")
    owner = models.ForeignKey(Membership, models.PROTECT, related_name="service_users")
    """The member whose authorities it has, as far as its scopes allow."""
    scopes = models.CharField(max_length=400)
    """Separated by spaces (RFC 6749 §3.3)."""
    secret_hash = models.CharField(max_length=80)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("valid_from")), name="service_user_interval_not_empty"
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


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
