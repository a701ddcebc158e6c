"""The REST API describes itself as an OpenAPI 3.1 document, generated from its views."""

import hashlib
import json
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import quote_etag
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.renderers import OpenApiYamlRenderer

from delegation.authorization import service_scopes
from portal.api import problems
from portal.http import problem_codes

_SCHEME = "token"
_SECONDS = 3600
_SCOPES = {
    "people.read": "Read people and what they have",
    "people.write": "Remove and restore people",
    "access.write": "Change what people have",
    "invitations.write": "Invite, send again, cancel",
    "activity.read": "Read the activity log",
    "supplier.customers.read": "Search and read customers, what they are offered, and what is stopped",
    "supplier.customers.onboard": "Onboard customers",
    "supplier.ceilings.write": "Change what customers are offered",
    "supplier.holds.write": "Place and lift holds",
    "supplier.suspensions.write": "Suspend and resume customers",
    "supplier.contacts.write": "Add, change and end contacts of customers",
    "supplier.domains.write": "Set and check mail domains of customers",
    "supplier.activity.read": "Read who could do what in a customer",
    "supplier.applications.read": "Read applications, their clients, and how deliveries to their systems go",
    "supplier.applications.write": "Register applications and clients, change clients, rotate and retire secrets",
    "supplier.targets.write": "Connect systems, change, pause, resume, sync and test them",
    "supplier.catalogue.read": "Read the catalogue and proposals",
    "supplier.catalogue.propose": "Preview and propose catalogue files",
    "supplier.catalogue.write": "Preview, propose and apply catalogue files",
}
_ALWAYS = frozenset({400, 401, 403, 404, 406, 429, 500, 503})
_CHANGES = frozenset({408, 409, 413, 415, 422})
"""For requests with a body and a key."""
_MORE = {
    "change_access": frozenset({412, 428}),
    "resend_invitation": frozenset({410}),
    "cancel_invitation": frozenset({410}),
}
"""Statuses of single operations."""
_PROBLEM: Mapping[str, Any] = {
    "type": "object",
    "description": "A failure (RFC 9457).",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for people."},
        "code": {"type": "string", "description": "Stable; new ones may be added."},
        "reference": {"type": "string", "description": "Finds the request in the portal's log."},
        "data": {"type": "object", "description": "Ids, codes and numbers of a refusal."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("field", "code", "detail")},
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code", "reference"],
}


class ApiSchema(AutoSchema):
    """Describes an operation with the scopes of which a token needs one."""

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Return one alternative for each scope that allows one of the view's verbs."""
        verbs = getattr(self.view, "verbs", {}).get(self.method, ())
        return [
            {_SCHEME: [scope]}
            for audience in getattr(self.view, "audiences", ())
            for scope in service_scopes.with_verb(*verbs, among=audience.value)
        ]


class BearerTokenExtension(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Keeps the generator from warning about our authentication class, which `ApiSchema` describes."""

    target_class = "portal.api.bearer_tokens.BearerToken"
    name = _SCHEME

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return the grant by which service users get tokens."""
        flow = {"tokenUrl": "/oauth/token", "scopes": _SCOPES}
        return {"type": "oauth2", "flows": {"clientCredentials": flow}}


def complete(result: MutableMapping[str, Any], **_kwargs: Any) -> MutableMapping[str, Any]:
    """Add the problem document to every operation, and close the objects that are sent (POSTPROCESSING_HOOKS)."""
    components = result.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name, schema in schemas.items():
        if name.endswith("Input"):
            schema["additionalProperties"] = False
    schemas["Problem"] = dict(_PROBLEM)
    components["securitySchemes"] = {
        _SCHEME: BearerTokenExtension.get_security_definition(None, None)  # type: ignore[arg-type]
    }
    for operations in result["paths"].values():
        for method, operation in operations.items():
            operation["responses"] |= _problems(method, operation["operationId"])
    return result


def _problems(method: str, operation: str) -> dict[str, Any]:
    """Return a problem for each status of failure that the operation may answer with."""
    statuses = _ALWAYS | (_CHANGES if method != "get" else frozenset()) | _MORE.get(operation, frozenset())
    content = {problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        str(status): {"description": problem_codes.title(status), "content": content}
        for status in sorted(statuses)
    }


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """Return the document; it depends on the code alone."""
    generator = SchemaGenerator(urlconf="portal.api.urls")  # type: ignore[no-untyped-call]
    found: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


def as_yaml() -> str:
    """Return the document as `docs/openapi-v1.yaml` holds it."""
    return bytes(OpenApiYamlRenderer().render(document())).decode()  # type: ignore[no-untyped-call]


@lru_cache(maxsize=1)
def _body() -> tuple[bytes, str]:
    body = json.dumps(document(), separators=(",", ":")).encode()
    return body, hashlib.sha256(body).hexdigest()[:32]


def serve(request: HttpRequest) -> HttpResponse:
    """Answer with the document, which holds nothing of an installation: no token is needed."""
    if request.method not in {"GET", "HEAD"}:
        reference = str(request.META.get(problems.REFERENCE, ""))
        return problems.response(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "method_not_allowed",
            reference=reference,
            headers={"Allow": "GET, HEAD"},
        )
    body, etag = _body()
    headers = {
        "ETag": quote_etag(etag),
        "Cache-Control": f"public, max-age={_SECONDS}",
        "Content-Security-Policy": settings.NO_DOCUMENT_POLICY,
    }
    return HttpResponse(body, "application/json", headers=headers)
