"""An access names sites and a role, which are listed here."""

from collections.abc import Mapping
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from delegation.access import assignable
from delegation.access.assignable import TierOption
from delegation.authorization import service_scopes
from delegation.authorization.verbs import Verb
from delegation.catalogue import display_names
from portal.api.v1 import view
from portal.api.v1.access_fields import SiteSerializer
from portal.api.v1.view import ApiView, Verbs


class RoleSerializer(serializers.Serializer[Any]):
    """Shows a role, and whether the service user may assign it."""

    key = serializers.CharField()
    name = serializers.DictField(child=serializers.CharField(), help_text="By language.")
    description = serializers.DictField(child=serializers.CharField(), help_text="By language.")
    assignable = serializers.BooleanField()
    limited_entitlements = serializers.ListField(
        child=serializers.CharField(), help_text="Each of them needs a limit."
    )
    max_amount = serializers.DecimalField(
        max_digits=14, decimal_places=2, allow_null=True, help_text="Null: without limit."
    )
    currency = serializers.CharField()


class SitesSerializer(serializers.Serializer[Any]):
    """Shows the sites of an organization, in the order of names."""

    items = SiteSerializer(many=True)


class RolesSerializer(serializers.Serializer[Any]):
    """Shows all roles, in the order of the catalogue."""

    items = RoleSerializer(many=True)


class SitesView(ApiView):
    """Lists what the `sites` of an access can hold."""

    verbs: ClassVar[Verbs] = {"GET": (Verb.MEMBER_VIEW,)}

    @extend_schema(operation_id="list_sites", summary="List sites", responses=SitesSerializer)
    def get(self, request: Request, organization: str) -> Response:
        """List the sites of the organization."""
        found = view.organization_of(request, organization)
        view.require_ability(request, Verb.MEMBER_VIEW)
        sites = display_names.load(organization=found.id).sites.values()
        return Response({"items": [{"id": str(site.id), "name": site.name} for site in sites]})


class RolesView(ApiView):
    """Lists what the `role` of an access can be."""

    verbs: ClassVar[Verbs] = {"GET": (Verb.ACCESS_CHANGE, Verb.MEMBER_INVITE)}

    @extend_schema(operation_id="list_roles", summary="List roles", responses=RolesSerializer)
    def get(self, request: Request, organization: str) -> Response:
        """List the roles, and what the service user may assign of them."""
        caller, found = view.caller_of(request), view.organization_of(request, organization)
        allowed = service_scopes.verbs_of(caller.scopes)
        verb = Verb.ACCESS_CHANGE if Verb.ACCESS_CHANGE in allowed else Verb.MEMBER_INVITE
        view.require_ability(request, verb)
        options = assignable.assignable_options(
            actor=caller.actor, verb=verb, organization=found.id, at=caller.at
        )
        return Response({"items": [_role(tier) for tier in options.tiers]})


def _role(tier: TierOption) -> Mapping[str, Any]:
    return RoleSerializer(tier).data
