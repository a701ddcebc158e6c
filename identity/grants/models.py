"""Codes and tokens are stored as keyed hashes (`identity.machine_secrets`).

A code or family has the epochs it was issued under and is valid only while they are current: see `grants.validity`.
"""

from django.db import models

from audit.foundation import ids
from identity.clients.models import Client
from identity.memberships.models import Membership
from identity.people.models import User
from identity.sessions.models import SignIn


class _Issued(models.Model):
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    sign_in = models.ForeignKey(SignIn, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="+")
    user_epoch = models.PositiveIntegerField()
    membership_epoch = models.PositiveIntegerField()
    scopes = models.CharField(max_length=400)
    """Separated by spaces (RFC 6749 §3.3)."""
    id_token_claims = models.CharField(max_length=200, blank=True)
    """Names of further claims that the ID token has on request, separated by spaces (OIDC Core §5.5)."""
    resource = models.CharField(max_length=200, blank=True)
    """The resource that its access tokens are for (RFC 8707); empty for opaque ones."""
    auth_time = models.DateTimeField()
    """The person's last authentication before this grant; a later one of the same session does not change it."""
    amr = models.JSONField(default=list)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        abstract = True


class AuthorizationCode(_Issued):
    """A code stays after its use, so that a replay can end the token family."""

    hash = models.CharField(max_length=80, primary_key=True)
    redirect_uri = models.CharField(max_length=2000)
    nonce = models.CharField(max_length=512, blank=True)
    code_challenge = models.CharField(max_length=128)
    used_at = models.DateTimeField(null=True)
    family = models.UUIDField(null=True)


class TokenFamily(_Issued):
    """Groups all tokens that descend from one code; a family ends as a whole."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    nonce = models.CharField(max_length=512, blank=True)
    ended_at = models.DateTimeField(null=True)
    logout_at = models.DateTimeField(null=True, db_index=True)
    """Set with `ended_at` where the family ended and its sign-in goes on: the client gets a logout token."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(logout_at=None)
                | models.Q(ended_at__isnull=False, logout_at=models.F("ended_at")),
                name="token_family_logout_at_its_end",
            )
        ]


class RefreshToken(models.Model):
    """Holds a refresh token's hash; a second use is a retry (`grants.retries`) or ends its family."""

    hash = models.CharField(max_length=80, primary_key=True)
    family = models.ForeignKey(TokenFamily, models.CASCADE, related_name="tokens")
    issued_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class AccessToken(models.Model):
    """Is opaque, or signed for a resource. Person, membership and authentication are its family's."""

    hash = models.CharField(max_length=80, primary_key=True)
    family = models.ForeignKey(TokenFamily, models.CASCADE, related_name="access_tokens")
    scopes = models.CharField(max_length=400)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)
    """When its client revoked it."""
