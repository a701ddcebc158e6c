"""A view of the REST API states the verbs of each method; one without a statement refuses every caller."""

from collections.abc import Collection
from enum import Enum

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from delegation.authorization import service_scopes
from delegation.authorization.verbs import Verb
from portal.api.bearer_tokens import Caller


class Audience(Enum):
    """Says whose programs a view answers; the value has the verbs of their scopes."""

    CUSTOMERS = service_scopes.VERBS
    SUPPLIER = service_scopes.STAFF_VERBS


class DenyAll(BasePermission):
    """Refuses every caller of a view that declares no permission (DEFAULT_PERMISSION_CLASSES)."""

    def has_permission(self, request: Request, view: object) -> bool:
        """Refuse every caller."""
        return False


class HasScope(BasePermission):
    """Requires a scope that allows one of the verbs of the method; what the caller may do, the policy decides."""

    def has_permission(self, request: Request, view: object) -> bool:
        """Compare with the scopes of the token. Raises MethodNotAllowed for a method without a statement."""
        method = "GET" if request.method == "HEAD" else str(request.method)
        verbs: Collection[Verb] = getattr(view, "verbs", {}).get(method, ())
        caller: object = request.user
        if not isinstance(caller, Caller):
            return False
        if not verbs:
            raise MethodNotAllowed(method)
        audience = Audience.CUSTOMERS if caller.organization else Audience.SUPPLIER
        is_meant = audience in getattr(view, "audiences", ())
        return is_meant and not service_scopes.verbs_of(caller.scopes).isdisjoint(verbs)
