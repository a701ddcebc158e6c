"""A person's access is read with the rights that follow from it, and changed as a whole."""

import re
import uuid
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from delegation.access import commands as access_commands
from delegation.access import queries as access_queries
from delegation.access.queries import AssignmentView
from delegation.authorization import entitlements
from delegation.authorization.entitlements import Right
from delegation.authorization.verbs import Verb
from delegation.people import queries as people_queries
from portal.api.problems import ApiProblem
from portal.api.v1 import access_fields, view
from portal.api.v1.access_fields import (
    AccessInput,
    AssignmentSerializer,
    LimitSerializer,
    SiteSerializer,
)
from portal.api.v1.fields import ActSerializer
from portal.api.v1.view import KEY, ApiView, Verbs

_NO_ASSIGNMENT = "none"
_TAG = re.compile(r'"(none|[0-9a-f]{32}(?:\.[0-9a-f]{32}){0,99})"')
_ENTITY_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="The ETag of the access that was read; `*` replaces whatever there is.",
)


class RightSerializer(serializers.Serializer[Any]):
    """Shows what a person may do in a connected system."""

    application = serializers.CharField()
    entitlement = serializers.CharField()
    all_sites = serializers.BooleanField()
    sites = SiteSerializer(many=True)
    limit = LimitSerializer(allow_null=True)
    valid_until = serializers.DateTimeField(allow_null=True)


class AccessSerializer(serializers.Serializer[Any]):
    """Shows the assignments of a person, and the rights that follow from them now."""

    assignments = AssignmentSerializer(many=True)
    rights = RightSerializer(many=True)


class AccessChangeInput(AccessInput):
    """Reads an access, and why it is given."""

    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)


class AccessView(ApiView):
    """Reads and replaces what a person has."""

    verbs: ClassVar[Verbs] = {"GET": (Verb.MEMBER_VIEW,), "PUT": (Verb.ACCESS_CHANGE,)}

    @extend_schema(
        operation_id="read_access", summary="Read what a person may do", responses=AccessSerializer
    )
    def get(self, request: Request, organization: str, person: uuid.UUID) -> Response:
        """Read assignments and rights; the ETag names the assignments."""
        caller, found = view.caller_of(request), view.organization_of(request, organization)
        people_queries.get(actor=caller.actor, organization=found.id, at=caller.at, membership=person)
        assignments = access_queries.assignments(memberships=[person], at=caller.at).get(person, [])
        rights = entitlements.rights_of(memberships=[person], at=caller.at)[person]
        body = {
            "assignments": access_fields.describe(assignments),
            "rights": [RightSerializer(_right(right)).data for right in rights],
        }
        return Response(body, headers={"ETag": _tag(assignments)})

    @extend_schema(
        operation_id="change_access",
        summary="Change what a person may do",
        parameters=[KEY, _IF_MATCH],
        request=AccessChangeInput,
        responses=ActSerializer,
    )
    def put(self, request: Request, organization: str, person: uuid.UUID) -> Response:
        """Replace everything that the person has here with this access. 412 where it has changed since it was read."""
        found = view.organization_of(request, organization)
        asked = view.parsed(AccessChangeInput, request.data)
        shown = _shown(request)
        outcome = access_commands.change(
            actor=view.caller_of(request).actor,
            memberships=people_queries.for_command(organization=found.id, ids=[person]),
            access=access_fields.access_of(asked),
            shown=None if shown is None else {person: shown},
            reason=asked["reason"],
            idempotency_key=view.idempotency_key(request),
        )
        return view.done(outcome)


def _tag(assignments: Sequence[AssignmentView]) -> str:
    ids = sorted(assignment.id.hex for assignment in assignments)
    return f'"{".".join(ids) or _NO_ASSIGNMENT}"'


def _shown(request: Request) -> list[uuid.UUID] | None:
    """Return the assignments that the ETag in If-Match names; None for `*`. Raises ApiProblem without a usable one."""
    sent = request.headers.get("If-Match", "")
    if sent == "*":
        return None
    if not sent:
        raise ApiProblem(HTTPStatus.PRECONDITION_REQUIRED, "precondition_required")
    if not _ENTITY_TAG.fullmatch(sent):
        raise ApiProblem(HTTPStatus.BAD_REQUEST, "malformed")
    match = _TAG.fullmatch(sent.removeprefix("W/"))  # a proxy that compresses an answer weakens its tag
    if match is None:
        raise ApiProblem(HTTPStatus.PRECONDITION_FAILED, "access_changed")
    return [] if match[1] == _NO_ASSIGNMENT else [uuid.UUID(hex=part) for part in match[1].split(".")]


def _right(right: Right) -> dict[str, Any]:
    return {
        "application": right.application,
        "entitlement": right.entitlement,
        "all_sites": right.all_sites,
        "sites": right.sites,
        "limit": right.limit if right.takes_amount else None,
        "valid_until": right.valid_until,
    }
