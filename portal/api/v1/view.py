"""Views of the REST API parse a request, make one call and show its outcome."""

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Protocol

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ErrorDetail, Throttled, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from delegation.authorization import policy
from delegation.authorization.errors import Denied, NotFound
from delegation.authorization.verbs import Verb
from identity.organizations import queries as organizations_queries
from identity.organizations.queries import OrganizationView
from portal.api import problems
from portal.api.bearer_tokens import BearerToken, Caller
from portal.api.parsers import JsonBody
from portal.api.permissions import Audience, HasScope
from portal.api.problems import ApiProblem
from portal.shell.page_context import PageContext
from portal.signin.customers import rate_limits
from portal.wording import time_zones

KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="A new value for each change, such as a UUID; the same request with it gets the first answer again.",
)
Verbs = Mapping[str, tuple[Verb, ...]]
"""The verbs, by method: a token needs a scope with one of them."""


class Outcome(Protocol):
    """Describes what every command returns."""

    @property
    def act(self) -> uuid.UUID:
        """Return the id of the act."""
        ...

    @property
    def at(self) -> dt.datetime:
        """Return the instant of the act."""
        ...

    @property
    def replayed(self) -> bool:
        """Return whether the command ran for an earlier request."""
        ...


class ApiView(APIView):
    """Derives every view of the API; `verbs` and `audiences` are its declaration."""

    authentication_classes = [BearerToken]
    permission_classes = [HasScope]
    parser_classes = [JsonBody]
    http_method_names = ["get", "head", "patch", "post", "put"]
    verbs: ClassVar[Verbs] = {}
    audiences: ClassVar[Collection[Audience]] = (Audience.CUSTOMERS,)

    def perform_authentication(self, request: Request) -> None:
        """Authenticate, and count also what is refused afterwards. Raises Throttled with whole seconds."""
        super().perform_authentication(request)
        changes = request.method not in {"GET", "HEAD"}
        limit = rate_limits.API_CHANGES if changes else rate_limits.API_READS
        wait = rate_limits.take((limit, str(caller_of(request).actor.id))).wait
        if wait:
            raise Throttled(wait)

    def get_exception_handler(self) -> Callable[..., HttpResponse | None]:
        """Answer every failure with a problem document."""
        return problems.handle

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Let no cache store an answer, nor a browser show it as a page."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        for name, value in problems.PRIVATE.items():
            answer.headers.setdefault(name, value)
        return answer


def caller_of(request: Request) -> Caller:
    """Return the caller. Raises TypeError for a request that did not pass `BearerToken`."""
    caller: object = request.user
    if not isinstance(caller, Caller):
        raise TypeError(request)
    return caller


def organization_of(request: Request, key: str) -> OrganizationView:
    """Return the caller's organization. One statement. Raises NotFound for another key, known or not."""
    found = organizations_queries.find_by_key(key=key)
    if found is None or found.id != caller_of(request).organization:
        raise NotFound
    return found


def page_context(request: Request, organization: OrganizationView) -> PageContext:
    """Return what mails need to know of the caller."""
    caller = caller_of(request)
    return PageContext(
        viewer=caller.actor,
        organization=organization,
        at=caller.at,
        zone=time_zones.first_known(organization.time_zone),
        abilities=frozenset(),
        membership=None,
    )


def require_ability(request: Request, verb: Verb) -> None:
    """Raise Denied where the caller may do the verb nowhere in its organization. Two statements."""
    caller = caller_of(request)
    if caller.organization is None:
        raise NotFound
    abilities = policy.organization_abilities(
        actor=caller.actor, organization=caller.organization, at=caller.at
    )
    if verb not in abilities:
        raise Denied(reason="no_permission")


def parsed(serializer: type[BaseSerializer[Any]], data: Any) -> dict[str, Any]:
    """Return the cleaned input. Raises ValidationError."""
    form = serializer(data=data)
    form.is_valid(raise_exception=True)
    cleaned: dict[str, Any] = form.validated_data
    return cleaned


def query(serializer: type[BaseSerializer[Any]], request: Request) -> dict[str, Any]:
    """Return the cleaned parameters of the query. Raises ValidationError, also for one that is given twice."""
    sent = request.query_params
    twice = [name for name, values in sent.lists() if len(values) > 1]
    if twice:
        raise ValidationError({name: [ErrorDetail("Give this once.", "repeated")] for name in twice})
    return parsed(serializer, sent.dict())


def idempotency_key(request: Request) -> str:
    """Return the key of a change. Raises ApiProblem without one: its repetition could not be recognized."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        raise ApiProblem(HTTPStatus.BAD_REQUEST, "idempotency_key_missing")
    return key


def done(outcome: Outcome, *, status: int = 200, **more: uuid.UUID | str) -> Response:
    """Show the outcome of a command: the same answer for a repeated request, which a header marks."""
    body = {"act": str(outcome.act), "at": outcome.at.isoformat()} | {
        name: str(value) for name, value in more.items()
    }
    return Response(body, status, headers={"Idempotent-Replayed": "true"} if outcome.replayed else None)
