"""Logout tokens wait here for their delivery."""

from django.db import models
from django.db.models import Q

from identity.clients.models import Client
from identity.sessions.models import SignIn
from provisioning.delivery.models import Due


class Logout(Due):
    """Holds a logout token for one client and one sign-in (OpenID Connect Back-Channel Logout 1.0)."""

    sign_in = models.ForeignKey(SignIn, models.CASCADE, related_name="logouts")
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    ended_at = models.DateTimeField()
    """Part of the key: a client's token families can end again and again while the sign-in goes on."""
    act = models.UUIDField(null=True)
    """The act that ended it; None where the person signed out or time did."""
    done_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    """The client understood and refused (400); it is retried every hour."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sign_in", "client", "ended_at"], name="logout_unique")
        ]
        indexes = [
            models.Index(fields=["client", "due_at"], name="logout_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["act"], name="logout_of_act"),
            models.Index(
                fields=["failing_since"], name="logout_failing", condition=Q(failing_since__isnull=False)
            ),
            models.Index(fields=["leased_by"], name="logout_leased", condition=Q(leased_by__isnull=False)),
        ]
