"""Requests have the access token of a service user in their header (RFC 6750 §2.1), and nothing else counts."""

import datetime as dt
import uuid
from dataclasses import dataclass

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from audit.foundation.actor import Actor, ActorKind, Channel
from identity.service_users import service_tokens
from portal.api import problems
from portal.http import request_context


@dataclass(frozen=True, slots=True)
class Caller:
    """Describes the service user of a request; it acts at `at`, for its organization, with the token's scopes.

    One that staff own has no organization of its own.
    """

    actor: Actor
    organization: uuid.UUID | None
    scopes: frozenset[str]
    at: dt.datetime
    is_authenticated = True


class BearerToken(BaseAuthentication):
    """Accepts one token in the header; none in the query or the body, which proxies log and browsers send."""

    def authenticate(self, request: Request) -> tuple[Caller, None]:
        """Check the token. One statement, none for a text that we did not sign. Raises NotAuthenticated."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        checked = service_tokens.check(token=token.strip()) if scheme.lower() == "bearer" else None
        if checked is None:
            raise NotAuthenticated
        found = checked.service_user
        request.META[problems.SERVICE_USER] = str(found.id)
        actor = Actor(
            kind=ActorKind.SERVICE if found.organization else ActorKind.STAFF_SERVICE,
            id=found.id,
            channel=Channel.API,
            label=found.name,
            address=request_context.address_of(request.META),
            request_id=str(request.META.get(problems.REFERENCE, "")),
            scopes=found.scopes,
            owner=found.owner,
            staff_roles=found.staff_roles,
        )
        return Caller(actor, found.organization, found.scopes, checked.at), None

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge, with an error where the request had a token (RFC 6750 §3.1)."""
        return (
            f'{problems.CHALLENGE}, error="invalid_token"'
            if "Authorization" in request.headers
            else problems.CHALLENGE
        )
