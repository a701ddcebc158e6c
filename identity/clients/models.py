"""People sign in to applications through OpenID Connect clients."""

from allauth.idp.oidc.models import Client as ProtocolClient
from django.db import models

from audit.foundation import ids
from identity.organizations.models import BusinessUnit
from identity.people.models import User


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
    secret_until = models.DateTimeField(null=True)
    """When the present secret ends; None for one without end, and for a client without a secret."""
    owner = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    """The member of the staff who answers for it. In SQL: `owner_directory`, so that it is one of the staff."""
    former_secret = models.CharField(max_length=200, blank=True)
    """The hash of the secret before, which is accepted until `former_secret_until`."""
    former_secret_until = models.DateTimeField(null=True)
    is_native = models.BooleanField(default=False)
    """Whether it is a program on a person's device (RFC 8252): redirect URIs may be loopback or of a private scheme."""
    jwks_uri = models.URLField(blank=True)
    """Where its keys are: it authenticates by `private_key_jwt` (RFC 7523), and by no secret."""
    requires_par = models.BooleanField(default=False)
    """Whether its authorization requests must be pushed (RFC 9126)."""
    resources = models.TextField(blank=True)
    """The resource indicators (RFC 8707) for which it may get access tokens, one a line."""
    token_algorithm = models.CharField(max_length=10, default="RS256")
    """Signs access tokens for a resource (RFC 9068)."""
