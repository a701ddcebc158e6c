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
    signed_in_at = models.DateTimeField(null=True)
    """The last sign-in by the provider; the user's service users stop some time after it."""
    roles = models.CharField(max_length=200, blank=True)
    """What its groups and proofs allowed, separated by spaces: the user's service users have no other role."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="staff_identity_one_per_subject")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class BreakGlass(models.Model):
    """Holds one opening of the sign-in for emergencies. It opens one session, which ends with it.

    In SQL: one row at most has not ended.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    link_hash = models.CharField(max_length=80, unique=True)
    """The keyed hash of the link's secret."""
    enrolls = models.BooleanField()
    """Whether the link adds a passkey, instead of asking for one that is there."""
    opened_at = models.DateTimeField()
    link_expires_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    """The end that was stated at the opening."""
    used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.pk)


class BreakGlassPasskey(models.Model):
    """Holds a passkey of the sign-in for emergencies, which works with a link alone."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    name = models.CharField(max_length=100)
    credential = models.TextField()
    """The attested credential data (WebAuthn §6.5.1) in base64url."""
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


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
    break_glass = models.ForeignKey(BreakGlass, models.PROTECT, null=True)
    """The opening that this session ends with; None for a sign-in by the provider."""
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


class SavedSearch(models.Model):
    """Names a search of one staff user; only this user sees it.

    In SQL: `directory`, always `staff`, so that the row cannot refer to a customer's user.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000)
    """The parameters of the address."""
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_search_one_per_name")]

    def __str__(self) -> str:
        return str(self.pk)
