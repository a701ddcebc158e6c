"""People are removed, and former ones restored, each by one command."""

import uuid
from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from delegation.authorization.verbs import Verb
from delegation.people import queries as people_queries
from delegation.people.commands import members as people_commands
from portal.api.v1 import access_fields, view
from portal.api.v1.access_fields import AccessInput
from portal.api.v1.fields import ActSerializer, InputSerializer
from portal.api.v1.view import KEY, ApiView, Verbs


class RemovalInput(InputSerializer):
    """Reads why a person is removed."""

    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)


class RestorationInput(InputSerializer):
    """Reads the access that a former person gets."""

    access = AccessInput()
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)


class RemovalView(ApiView):
    """Ends a person's access in every system."""

    verbs: ClassVar[Verbs] = {"POST": (Verb.MEMBER_REMOVE,)}

    @extend_schema(
        operation_id="remove_person",
        summary="Remove a person",
        parameters=[KEY],
        request=RemovalInput,
        responses=ActSerializer,
    )
    def post(self, request: Request, organization: str, person: uuid.UUID) -> Response:
        """End the person's access here and in every connected system; sessions and tokens end at once."""
        found = view.organization_of(request, organization)
        asked = view.parsed(RemovalInput, request.data)
        rows = people_queries.for_command(organization=found.id, ids=[person])
        outcome = people_commands.remove(
            actor=view.caller_of(request).actor,
            memberships=rows,
            reason=asked["reason"],
            idempotency_key=view.idempotency_key(request),
        )
        return view.done(outcome)


class RestorationView(ApiView):
    """Makes a former person active again."""

    verbs: ClassVar[Verbs] = {"POST": (Verb.MEMBER_RESTORE,)}

    @extend_schema(
        operation_id="restore_person",
        summary="Restore a former person",
        parameters=[KEY],
        request=RestorationInput,
        responses=ActSerializer,
    )
    def post(self, request: Request, organization: str, person: uuid.UUID) -> Response:
        """Give a former person this access. What was ended with the removal stays ended."""
        found = view.organization_of(request, organization)
        asked = view.parsed(RestorationInput, request.data)
        rows = people_queries.for_command(organization=found.id, ids=[person])
        outcome = people_commands.restore(
            actor=view.caller_of(request).actor,
            memberships=rows,
            access=access_fields.access_of(asked["access"]),
            reason=asked["reason"],
            idempotency_key=view.idempotency_key(request),
        )
        return view.done(outcome)
