"""Programs of the supplier read what a customer is offered, see what a change would do, and then make it."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from delegation.authorization.values import AmountLimit
from delegation.authorization.verbs import Verb
from delegation.catalogue import ceiling_difference, ceilings, unit_ceilings
from delegation.catalogue.ceiling_difference import CeilingChange, CeilingDifference
from delegation.staff.readings import Reading
from portal.api.permissions import Audience
from portal.api.v1 import offer_fields, view
from portal.api.v1.customer import Customer, customer_of
from portal.api.v1.fields import ActSerializer, InputSerializer
from portal.api.v1.offer_fields import OfferInput, OfferSerializer
from portal.api.v1.view import KEY, ApiView, Verbs


class UnitOfferSerializer(serializers.Serializer[Any]):
    """Shows what one business unit offers; the supplier itself has an empty key."""

    unit = serializers.CharField(allow_blank=True)
    offer = OfferSerializer(many=True)


class CeilingSerializer(serializers.Serializer[Any]):
    """Shows the ceiling, which is the highest of what the business units offer."""

    ceiling = OfferSerializer(many=True)
    units = UnitOfferSerializer(many=True)


class CeilingInput(InputSerializer):
    """Reads all that a business unit offers from now on: what is not named is withdrawn."""

    unit = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=40,
        help_text="The key of the business unit; empty for all of the customer's.",
    )
    template = serializers.CharField(required=False, default="", allow_blank=True, max_length=40)
    offer = serializers.ListField(
        child=OfferInput(), required=False, default=list, max_length=offer_fields.MOST
    )


class CeilingChangeInput(CeilingInput):
    """Reads the change, and the difference that was seen before it."""

    seen = serializers.CharField(max_length=64, help_text="`seen` of the preview.")


class LimitChangeSerializer(serializers.Serializer[Any]):
    """Shows a change of one entitlement; null: not offered."""

    entitlement = serializers.CharField()
    before = OfferSerializer(allow_null=True)
    after = OfferSerializer(allow_null=True)
    people_losing = serializers.IntegerField()
    people_gaining = serializers.IntegerField()


class CeilingDifferenceSerializer(serializers.Serializer[Any]):
    """Shows what a change would do; `seen` stands for all of it in the change itself."""

    seen = serializers.CharField()
    changes = LimitChangeSerializer(many=True)
    unchanged_by_other_units = serializers.ListField(
        child=serializers.CharField(), help_text="Entitlements of which another business unit offers more."
    )
    people_losing = serializers.IntegerField()
    people_gaining = serializers.IntegerField()


class CeilingView(ApiView):
    """Reads and sets what a customer is offered."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"GET": (Verb.MEMBER_VIEW,), "PUT": (Verb.CEILING_SET,)}

    @extend_schema(
        operation_id="read_ceiling", summary="Read what a customer is offered", responses=CeilingSerializer
    )
    def get(self, request: Request, organization: str) -> Response:
        """Read what each business unit offers, and the ceiling that follows."""
        customer = customer_of(request, organization, Verb.MEMBER_VIEW, reading=Reading.ORGANIZATION)
        at = customer.caller.at
        units = unit_ceilings.units_of(organization=customer.id)
        present = unit_ceilings.by_unit(organization=customer.id, at=at)
        ceiling = ceilings.current_offer(organization=customer.organization.row, at=at)
        return Response(
            {
                "ceiling": _offer(ceiling),
                "units": [
                    {"unit": key, "offer": _offer(present.get(unit, {}))} for key, unit in units.items()
                ],
            }
        )

    @extend_schema(
        operation_id="set_ceiling",
        summary="Set what a customer is offered",
        parameters=[KEY],
        request=CeilingChangeInput,
        responses=ActSerializer,
    )
    def put(self, request: Request, organization: str) -> Response:
        """Set it, as far as the difference is the one that was seen."""
        customer = customer_of(request, organization, Verb.CEILING_SET)
        asked = view.parsed(CeilingChangeInput, request.data)
        outcome = ceilings.set_ceiling(
            actor=customer.caller.actor,
            organization=customer.organization.row,
            offer=_changes(customer, asked),
            unit=asked["unit"],
            seen=asked["seen"],
            idempotency_key=view.idempotency_key(request),
        )
        return view.done(outcome)


class CeilingPreviewView(ApiView):
    """Shows what a change of the offer would do."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"POST": (Verb.CEILING_SET,)}

    @extend_schema(
        operation_id="preview_ceiling",
        summary="Preview a change of what a customer is offered",
        request=CeilingInput,
        responses=CeilingDifferenceSerializer,
    )
    def post(self, request: Request, organization: str) -> Response:
        """Compare with the present offers and count the people affected; nothing is changed."""
        customer = customer_of(request, organization, Verb.CEILING_SET, reading=Reading.ORGANIZATION)
        asked = view.parsed(CeilingInput, request.data)
        difference = ceiling_difference.check(
            organization=customer.id,
            units=unit_ceilings.chosen_units(organization=customer.id, unit=asked["unit"]),
            offer=_changes(customer, asked),
            at=customer.caller.at,
        )
        return Response(_difference(difference))


def _difference(difference: CeilingDifference) -> dict[str, Any]:
    people = difference.people
    changes = [
        _change(change)
        | {
            "people_losing": people.lose_by_entitlement.get(change.key, 0),
            "people_gaining": people.gain_by_entitlement.get(change.key, 0),
        }
        for change in difference.changes
    ]
    return {
        "seen": difference.digest,
        "changes": changes,
        "unchanged_by_other_units": list(difference.hidden),
        "people_losing": people.lose,
        "people_gaining": people.gain,
    }


def _changes(customer: Customer, asked: dict[str, Any]) -> dict[str, AmountLimit | None]:
    """Return the offer, and None for each entitlement that the units offer now and the request does not name."""
    units = unit_ceilings.chosen_units(organization=customer.id, unit=asked["unit"])
    wanted = offer_fields.of_input(asked, units=[key for key in units if key])
    present = unit_ceilings.by_unit(organization=customer.id, at=customer.caller.at)
    offered = {key for unit in units.values() for key in present.get(unit, {})}
    return {**dict.fromkeys(sorted(offered)), **wanted}


def _offer(offer: unit_ceilings.Offer) -> list[dict[str, Any]]:
    return [offer_fields.to_json(key, limit) for key, limit in sorted(offer.items())]


def _change(change: CeilingChange) -> dict[str, Any]:
    before, after = (
        None if limit is None else offer_fields.to_json(change.key, limit)
        for limit in (change.before, change.after)
    )
    return {"entitlement": change.key, "before": before, "after": after}
