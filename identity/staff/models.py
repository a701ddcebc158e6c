"""Staff are known by the issuer and subject of the supplier's identity provider; their sessions are their own table."""

import datetime as dt

from django.db import models

from audit.foundation import ids
from identity.people.models import User

ABSOLUTE_LIMIT = dt.timedelta(hours=8)
IDLE_LIMIT = dt.timedelta(minutes=30)
"""A staff session without a request for this long has ended."""


class StaffIdentity(models.Model):
    """Links a staff user to the one subject of one issuer that signs in as this user.

    In SQL: `directory`, always `staff`, so that the row cannot refer to a customer's user.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)
    user = models.OneToOneField(User, models.PROTECT, related_name="staff_identity")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="staff_identity_one_per_subject")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class StaffSession(models.Model):
    """Stores a staff member's session. The cookie holds the secret, `session_key` its keyed hash.

    No channel of the customers reads this table. In SQL: `directory`, as in `StaffIdentity`.
    """

    session_key = models.CharField(max_length=80, primary_key=True)
    session_data = models.TextField()
    """Signed together with every column but `last_seen_at` (`identity.staff.sessions`)."""
    user = models.ForeignKey(User, models.CASCADE, related_name="staff_sessions")
    epoch = models.PositiveIntegerField()
    provider_session = models.CharField(max_length=255, blank=True)
    """The provider's `sid`, by which its logout tokens end this session."""
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["provider_session"], name="staff_session_of_provider")]

    def __str__(self) -> str:
        return str(self.user_id)


class StaffLogout(models.Model):
    """Remembers a logout token until neither it nor an ID token from before it can be used."""

    token = models.CharField(max_length=64, primary_key=True)
    """SHA-256 of the issuer and the token's `jti`."""
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255, blank=True)
    provider_session = models.CharField(max_length=255, blank=True)
    received_at = models.DateTimeField()
    """Never before the token's `iat`, with which the `iat` of ID tokens is compared."""

    def __str__(self) -> str:
        return self.token
