"""Programs of the supplier read a customer's holds, see what one would stop, place it, and lift it."""

import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from delegation.authorization.errors import NotFound
from delegation.authorization.verbs import Verb
from delegation.holds import commands, queries
from delegation.staff.readings import Reading
from portal.api.permissions import Audience
from portal.api.v1 import view
from portal.api.v1.customer import customer_of
from portal.api.v1.fields import ActSerializer, InputSerializer, InstantField
from portal.api.v1.view import KEY, ApiView, Verbs
from portal.wording import hold_notices

_REASONS = sorted(hold_notices.REASONS)


class HoldSerializer(serializers.Serializer[Any]):
    """Shows a hold in force; without an entitlement, the whole application is on hold."""

    id = serializers.UUIDField()
    application = serializers.CharField()
    entitlement = serializers.CharField(allow_blank=True)
    reason = serializers.CharField()
    valid_from = serializers.DateTimeField()
    valid_until = serializers.DateTimeField(allow_null=True)


class HoldsSerializer(serializers.Serializer[Any]):
    """Shows what is on hold, the oldest first."""

    items = HoldSerializer(many=True)


class StopInput(InputSerializer):
    """Reads what a hold stops."""

    stops = serializers.CharField(max_length=80, help_text="The key of an application or of an entitlement.")


class HoldInput(StopInput):
    """Reads a hold to place."""

    reason = serializers.ChoiceField(_REASONS)
    until = InstantField(required=False, allow_null=True, default=None)
    note = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=500,
        help_text="For the supplier's log alone.",
    )


class NoteInput(InputSerializer):
    """Reads why, for the supplier's log alone."""

    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)


class HoldEffectsSerializer(serializers.Serializer[Any]):
    """Counts the people that a hold would stop now, and by entitlement."""

    people_stopped = serializers.IntegerField()
    people_not_stopped = serializers.IntegerField()
    by_entitlement = serializers.DictField(child=serializers.IntegerField())


class HoldPlacedSerializer(ActSerializer):
    """Shows the act, and the hold that it placed."""

    hold = serializers.UUIDField()


class HoldsView(ApiView):
    """Lists and places holds."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"GET": (Verb.MEMBER_VIEW,), "POST": (Verb.HOLD_PLACE,)}

    @extend_schema(operation_id="list_holds", summary="List a customer's holds", responses=HoldsSerializer)
    def get(self, request: Request, organization: str) -> Response:
        """List what is on hold now."""
        customer = customer_of(request, organization, Verb.MEMBER_VIEW, reading=Reading.ORGANIZATION)
        found = queries.in_force(organization=customer.id, at=customer.caller.at)
        return Response({"items": [HoldSerializer(hold).data for hold in found]})

    @extend_schema(
        operation_id="place_hold",
        summary="Place a hold",
        parameters=[KEY],
        request=HoldInput,
        responses={201: HoldPlacedSerializer},
    )
    def post(self, request: Request, organization: str) -> Response:
        """Stop an application or an entitlement for the whole customer."""
        customer = customer_of(request, organization, Verb.HOLD_PLACE)
        asked = view.parsed(HoldInput, request.data)
        outcome = commands.place(
            actor=customer.caller.actor,
            organization=customer.organization.row,
            idempotency_key=view.idempotency_key(request),
            **asked,
        )
        return view.done(outcome, status=201, hold=outcome.result.hold)


class HoldPreviewView(ApiView):
    """Shows what a hold would stop."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"POST": (Verb.HOLD_PLACE,)}

    @extend_schema(
        operation_id="preview_hold",
        summary="Preview a hold",
        request=StopInput,
        responses=HoldEffectsSerializer,
    )
    def post(self, request: Request, organization: str) -> Response:
        """Count the people that a hold would stop now; nothing is changed."""
        customer = customer_of(request, organization, Verb.HOLD_PLACE, reading=Reading.ORGANIZATION)
        stops, at = view.parsed(StopInput, request.data)["stops"], customer.caller.at
        offered = queries.offered(organization=customer.id, at=at)
        if stops not in offered and not any(stops in keys for keys in offered.values()):
            raise ValidationError({"stops": [ErrorDetail("The customer is not offered this.", "unknown")]})
        effects = queries.effects(organization=customer.id, stops=stops, at=at)
        return Response(
            {
                "people_stopped": effects.stopped,
                "people_not_stopped": effects.not_stopped,
                "by_entitlement": dict(effects.by_entitlement),
            }
        )


class HoldLiftView(ApiView):
    """Lifts a hold."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"POST": (Verb.HOLD_LIFT,)}

    @extend_schema(
        operation_id="lift_hold",
        summary="Lift a hold",
        parameters=[KEY],
        request=NoteInput,
        responses=ActSerializer,
    )
    def post(self, request: Request, organization: str, hold: uuid.UUID) -> Response:
        """End a hold now: all rights work as before."""
        customer = customer_of(request, organization, Verb.HOLD_LIFT)
        asked = view.parsed(NoteInput, request.data)
        row = queries.find(organization=customer.id, hold=hold)
        if row is None:
            raise NotFound
        outcome = commands.lift(
            actor=customer.caller.actor,
            hold=row,
            note=asked["note"],
            idempotency_key=view.idempotency_key(request),
        )
        return view.done(outcome)
