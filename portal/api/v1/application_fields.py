"""The REST API shows applications and OpenID Connect clients, and reads new ones, by these serializers."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework import serializers

from delegation.applications import new_client
from delegation.applications.client_addresses import MAX_ADDRESSES
from delegation.applications.new_client import NewClient
from delegation.applications.queries import ApplicationView, ClientView
from delegation.authorization import input_cleaning
from identity import signing_keys
from portal.api.v1.fields import ActSerializer, InputSerializer

_TYPES = ("confidential", "public", "native")
_ADDRESS = 200
_ONCE = "In this answer alone: it is stored nowhere, and empty in a repeated answer."


class ApplicationSerializer(serializers.Serializer[Any]):
    """Shows an application in a list."""

    key = serializers.CharField(help_text="Names the application in addresses.")
    name = serializers.DictField(child=serializers.CharField(), help_text="By language.")
    unit = serializers.CharField(help_text="The key of its business unit.")
    registered_at = serializers.DateTimeField()


class ApplicationsPageSerializer(serializers.Serializer[Any]):
    """Shows a page of applications, in the order of their keys."""

    items = ApplicationSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class ClientSerializer(serializers.Serializer[Any]):
    """Shows an OpenID Connect client, without its secret."""

    client_id = serializers.CharField()
    name = serializers.CharField()
    type = serializers.ChoiceField(_TYPES)
    active = serializers.BooleanField(help_text="False: it is closed, and what it was issued is not valid.")
    redirect_uris = serializers.ListField(child=serializers.CharField())
    post_logout_redirect_uris = serializers.ListField(child=serializers.CharField())
    initiate_login_uri = serializers.CharField(allow_blank=True)
    backchannel_logout_uri = serializers.CharField(allow_blank=True)
    jwks_uri = serializers.CharField(allow_blank=True, help_text="It authenticates by keys from there.")
    requires_pkce = serializers.BooleanField()
    requires_par = serializers.BooleanField()
    device = serializers.BooleanField()
    program = serializers.BooleanField()
    subject_per_organization = serializers.BooleanField(
        help_text="A person has another `sub` for each customer."
    )
    resources = serializers.ListField(child=serializers.CharField())
    token_algorithm = serializers.CharField()
    owner = serializers.UUIDField(allow_null=True, help_text="The member of the staff who answers for it.")
    owner_has_left = serializers.BooleanField()
    registered_at = serializers.DateTimeField()
    secret_made_at = serializers.DateTimeField(allow_null=True)
    secret_until = serializers.DateTimeField(allow_null=True, help_text="Null: without end.")
    former_secret_until = serializers.DateTimeField(
        allow_null=True, help_text="Until when the replaced secret is accepted, which may be over."
    )


def _addresses(**more: Any) -> serializers.ListField:
    child = serializers.CharField(max_length=_ADDRESS)
    return serializers.ListField(child=child, required=False, max_length=MAX_ADDRESSES, **more)


def _address(**more: Any) -> serializers.CharField:
    return serializers.CharField(required=False, allow_blank=True, max_length=_ADDRESS, **more)


class ClientSettingsInput(InputSerializer):
    """Reads settings of a client."""

    name = serializers.CharField(max_length=100)
    owner = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="The member of the staff who answers for it; at a registration without it, the program's owner.",
    )
    redirect_uris = _addresses()
    post_logout_redirect_uris = _addresses()
    initiate_login_uri = _address()
    backchannel_logout_uri = _address()
    jwks_uri = _address(help_text="It authenticates by keys from there (RFC 7523), and by no secret.")
    requires_pkce = serializers.BooleanField(required=False)
    requires_par = serializers.BooleanField(required=False, help_text="RFC 9126.")
    device = serializers.BooleanField(
        required=False, help_text="People sign in on another device (RFC 8628)."
    )
    program = serializers.BooleanField(
        required=False, help_text="It gets tokens for its resources without a person (RFC 6749, 4.4)."
    )
    resources = _addresses(help_text="Services that it may get access tokens for (RFC 8707).")
    token_algorithm = serializers.ChoiceField(sorted(signing_keys.ALGORITHMS), required=False)


class ClientInput(ClientSettingsInput):
    """Reads a client to register."""

    client_id = serializers.RegexField(rf"^(?:{input_cleaning.KEY.pattern})\Z", max_length=40)
    type = serializers.ChoiceField(_TYPES, required=False, default=_TYPES[0])
    redirect_uris = _addresses(default=list)
    subject_per_organization = serializers.BooleanField(
        required=False, help_text="A person has another `sub` for each customer."
    )


class ClientChangeInput(ClientSettingsInput):
    """Reads what changes of a client; what is not named stays."""

    name = serializers.CharField(max_length=100, required=False)
    active = serializers.BooleanField(required=False, help_text="False closes the client.")


class ApplicationInput(InputSerializer):
    """Reads an application to register, with a first client if it is named."""

    key = serializers.CharField(max_length=40)
    name = serializers.DictField(
        child=serializers.CharField(max_length=input_cleaning.NAME), help_text="By language."
    )
    unit = serializers.CharField(max_length=40, help_text="The key of its business unit.")
    client = ClientInput(required=False, allow_null=True, default=None)

    def validate_name(self, name: dict[str, str]) -> dict[str, str]:
        """Require a name in a known number of languages. Raises ValidationError."""
        if not 1 <= len(name) <= len(settings.LANGUAGES):
            raise serializers.ValidationError("Name the application in a language.", "required")
        return name


class RotationInput(InputSerializer):
    """Reads how long the present secret still works."""

    overlap_hours = serializers.IntegerField(min_value=0, required=False, default=0)


class ApplicationRegisteredSerializer(ActSerializer):
    """Shows the act, the application, and the secret of its client."""

    application = serializers.CharField()
    secret = serializers.CharField(allow_blank=True, help_text=_ONCE)


class ClientSecretSerializer(ActSerializer):
    """Shows the act, the client, and a secret where the act made one."""

    client_id = serializers.CharField()
    secret = serializers.CharField(allow_blank=True, help_text=_ONCE)


def application_row(found: ApplicationView) -> dict[str, Any]:
    """Return the fields of `ApplicationSerializer`."""
    return {
        "key": found.key,
        "name": dict(found.name),
        "unit": found.row.unit.key,
        "registered_at": found.created_at,
    }


_AS_THEY_ARE = ClientSettingsInput().fields.keys() | {
    "owner_has_left",
    "secret_made_at",
    "secret_until",
    "subject_per_organization",
}


def client_row(client: ClientView) -> dict[str, Any]:
    """Return the fields of `ClientSerializer`."""
    plain = {name: getattr(client, name) for name in _AS_THEY_ARE}
    client_type = "native" if client.native else "confidential" if client.confidential else "public"
    return plain | {
        "client_id": client.id,
        "type": client_type,
        "active": client.is_active,
        "registered_at": client.created_at,
        "former_secret_until": client.former_secret_until,
    }


def client_of_input(asked: Mapping[str, Any]) -> NewClient:
    """Return the client to register."""
    given = {name: value for name, value in asked.items() if name != "type"}
    client_type = asked["type"]
    return NewClient(
        public=client_type != "confidential",
        native=client_type == "native",
        scopes=new_client.SIGN_IN_SCOPES,
        **given,
    )


def changes_of_input(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes by the names of `client_settings`."""
    return {"is_active" if name == "active" else name: value for name, value in asked.items()}
