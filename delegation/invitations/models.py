"""An invitation has the hashes of its links."""

from django.db import models

from audit.foundation import ids
from delegation.authorization.models.roles import Role
from identity.memberships.models import Membership
from identity.organizations.models import Organization, Site


class Invitation(models.Model):
    """Offers access to an address until `expires_at`. The link contains a secret and no data."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="invitations")
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=10, default="en")
    role = models.ForeignKey(Role, models.PROTECT, related_name="+")
    all_sites = models.BooleanField(default=False)
    sites: "models.ManyToManyField[Site, models.Model]" = models.ManyToManyField(Site, related_name="+")
    limits = models.JSONField(default=list)
    """[{entitlement, amount (decimal string or null), currency, period}]"""
    access_until = models.DateTimeField(null=True)
    invited_by = models.UUIDField()
    invited_by_kind = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    membership = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email", "invited_by"],
                condition=models.Q(accepted_at=None, cancelled_at=None),
                name="invitation_one_open_per_sender",
            )
        ]


class InvitationToken(models.Model):
    """Holds the keyed hash of one link. Resending adds another; all links of an invitation end together."""

    hash = models.CharField(max_length=80, primary_key=True)
    invitation = models.ForeignKey(Invitation, models.CASCADE, related_name="tokens")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="invitation_token_created")]
