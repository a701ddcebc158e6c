"""The service's SCIM 2.0 endpoint records every write as this service saw it."""

import hmac
import json
from typing import Any

import scim2_models
from scim2_server import requests, responses, service
from scim2_server.applications import wsgi

from demo.service import clock, storage, store

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
UNAUTHORIZED = 401


class Application(wsgi.WSGIApplication):
    def __init__(
        self,
        stored: storage.DiskStorage,
        provider: scim2_models.ScimProvider,
        *,
        token: str,
        journal: store.Journal,
    ) -> None:
        super().__init__(stored, provider, service.ScimService(provider))
        self.people = stored.people
        self.token = token
        self.journal = journal

    def check_auth(self, request: requests.ScimRequest) -> None:
        if not authorized(request.header("Authorization"), token=self.token):
            raise scim2_models.UnauthorizedException

    def serve(self, request: requests.ScimRequest) -> responses.ScimResponse:
        began = clock.stamps()
        response = super().serve(request)
        if request.method in WRITES and response.status != UNAUTHORIZED:
            self.journal.append(self._line(request, response, began))
        return response

    def _line(
        self, request: requests.ScimRequest, response: responses.ScimResponse, began: dict[str, object]
    ) -> dict[str, Any]:
        resource_id = str((response.body or {}).get("id") or request.path.rpartition("/")[2])
        person = self.people.by_id(resource_id)
        return {
            **clock.stamps(),
            "began_monotonic_ns": began["monotonic_ns"],
            "method": request.method,
            "id": resource_id,
            "externalId": person.sub if person else external_id(request.body),
            "active": person.active if person else None,
            "status": int(response.status),
            "version": response.headers.get("ETag"),
        }


def authorized(header: str | None, *, token: str) -> bool:
    scheme, _, token_given = (header or "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(token_given.encode(), token.encode())


def external_id(body: bytes) -> str | None:
    """Return the externalId that a refused request names, if it names one."""
    try:
        fields = json.loads(body)
    except ValueError:
        return None
    return fields.get("externalId") if isinstance(fields, dict) else None
