"""Programs of the supplier see what a suspension would end, suspend a customer, and resume it."""

import dataclasses
import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from delegation.authorization.errors import Denied
from delegation.authorization.verbs import Verb
from delegation.staff.readings import Reading
from delegation.suspensions import commands, queries, rules
from portal.api.permissions import Audience
from portal.api.v1 import view
from portal.api.v1.customer import customer_of
from portal.api.v1.customer_holds import NoteInput
from portal.api.v1.fields import ActSerializer, InstantField
from portal.api.v1.view import KEY, ApiView, Verbs
from portal.shell import suspension_mails
from portal.wording import suspension_notices

_REASONS = sorted(suspension_notices.REASONS)


class SuspensionSerializer(serializers.Serializer[Any]):
    """Shows the present suspension."""

    id = serializers.UUIDField()
    reason = serializers.CharField()
    since = serializers.DateTimeField()
    resume_at = serializers.DateTimeField(allow_null=True)


class SuspensionEffectsSerializer(serializers.Serializer[Any]):
    """Counts what a suspension would end now."""

    people = serializers.IntegerField()
    elsewhere = serializers.IntegerField(help_text="Of them, with another organization, which they keep.")
    sessions = serializers.IntegerField()
    invitations = serializers.IntegerField()
    service_users = serializers.IntegerField()


class SuspensionStateSerializer(serializers.Serializer[Any]):
    """Shows whether the customer is suspended, and by what."""

    suspension = SuspensionSerializer(allow_null=True)


class SuspendInput(NoteInput):
    """Reads a suspension."""

    reason = serializers.ChoiceField(_REASONS)
    until = InstantField(required=False, allow_null=True, default=None, help_text="When it ends by itself.")


class ResumeInput(NoteInput):
    """Reads the suspension to end."""

    suspension = serializers.UUIDField()


class SuspensionStateView(ApiView):
    """Reads the suspension of a customer, and suspends it."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"GET": (Verb.MEMBER_VIEW,), "POST": (Verb.ORGANIZATION_SUSPEND,)}

    @extend_schema(
        operation_id="read_suspension",
        summary="Read whether a customer is suspended",
        responses=SuspensionStateSerializer,
    )
    def get(self, request: Request, organization: str) -> Response:
        """Read the present suspension."""
        customer = customer_of(request, organization, Verb.MEMBER_VIEW, reading=Reading.ORGANIZATION)
        present = queries.present(organization=customer.id)
        return Response({"suspension": SuspensionSerializer(present).data if present else None})

    @extend_schema(
        operation_id="suspend_organization",
        summary="Suspend a customer",
        parameters=[KEY],
        request=SuspendInput,
        responses={201: ActSerializer},
    )
    def post(self, request: Request, organization: str) -> Response:
        """Stop all sign-in, and end what was issued. The customer's admins get a mail."""
        customer = customer_of(request, organization, Verb.ORGANIZATION_SUSPEND)
        asked = view.parsed(SuspendInput, request.data)
        outcome = commands.suspend(
            actor=customer.caller.actor,
            organization=customer.organization.row,
            reason=asked["reason"],
            resume_at=asked["until"],
            note=asked["note"],
            idempotency_key=view.idempotency_key(request),
        )
        present = queries.present(organization=customer.id)
        if present is not None and not outcome.replayed:
            suspension_mails.queue_suspended(present)
        return view.done(outcome, status=201)


class SuspensionPreviewView(ApiView):
    """Shows what a suspension would end."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"GET": (Verb.ORGANIZATION_SUSPEND,)}

    @extend_schema(
        operation_id="preview_suspension",
        summary="Preview a suspension",
        responses=SuspensionEffectsSerializer,
    )
    def get(self, request: Request, organization: str) -> Response:
        """Count what a suspension would end now. Raises Denied for rights for some of the business units alone."""
        verb = Verb.ORGANIZATION_SUSPEND
        customer = customer_of(request, organization, verb, reading=Reading.ORGANIZATION)
        units = {number.unit_id for number in customer.found.numbers}
        if not rules.covers_whole(own=customer.own, verb=verb, organization=customer.id, units=units):
            raise Denied(reason="no_permission")
        return Response(dataclasses.asdict(queries.effects(organization=customer.id, at=customer.caller.at)))


class ResumptionView(ApiView):
    """Resumes a customer."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"POST": (Verb.ORGANIZATION_RESUME,)}

    @extend_schema(
        operation_id="resume_organization",
        summary="Resume a customer",
        parameters=[KEY],
        request=ResumeInput,
        responses=ActSerializer,
    )
    def post(self, request: Request, organization: str) -> Response:
        """End the named suspension: the customer's people can sign in again. Its admins get a mail."""
        customer = customer_of(request, organization, Verb.ORGANIZATION_RESUME)
        asked = view.parsed(ResumeInput, request.data)
        suspension: uuid.UUID = asked["suspension"]
        outcome = commands.resume(
            actor=customer.caller.actor,
            organization=customer.organization.row,
            suspension=suspension,
            note=asked["note"],
            idempotency_key=view.idempotency_key(request),
        )
        if not outcome.replayed:
            suspension_mails.queue_resumed(customer.id, suspension)
        return view.done(outcome)
