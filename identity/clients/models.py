"""People sign in to applications through OpenID Connect clients."""

from allauth.idp.oidc.models import Client as ProtocolClient
from django.db import models

from audit.foundation import ids
from identity.organizations.models import BusinessUnit


class Application(models.Model):
    """People sign in to an application, and it is provisioned."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    key = models.SlugField(max_length=40, unique=True)
    name = models.JSONField()
    """{language: text}, written by the supplier."""
    icon = models.CharField(max_length=40, blank=True)
    """The icon's name; empty means the default icon."""
    unit = models.ForeignKey(BusinessUnit, models.PROTECT)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()


class Client(models.Model):
    """Holds the columns of a client that django-allauth's row does not have."""

    protocol = models.OneToOneField(
        ProtocolClient, models.PROTECT, primary_key=True, related_name="keyholder"
    )
    application = models.ForeignKey(Application, models.PROTECT, related_name="clients")
    is_active = models.BooleanField(default=True)
    opened_at = models.DateTimeField(null=True)
    """When a closed client was opened again; nothing that was issued before is valid. None for one never closed."""
    initiate_login_uri = models.URLField(blank=True)
    backchannel_logout_uri = models.URLField(blank=True)
    requires_pkce = models.BooleanField(default=True)
    """A public client needs PKCE whatever stands here."""
    subject_per_organization = models.BooleanField(default=False)
    """Whether `sub` differs by organization, for a service that has one account for each `sub` (`subjects`)."""
    secret_made_at = models.DateTimeField(null=True)
    """When the present secret was made; None for a public client."""
    former_secret = models.CharField(max_length=200, blank=True)
    """The hash of the secret before, which is accepted until `former_secret_until`."""
    former_secret_until = models.DateTimeField(null=True)
