"""What a customer is offered is written alike wherever a request names it: a template, or limits by entitlement."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from delegation.authorization.values import AmountLimit
from delegation.catalogue import stored_catalogue
from portal.api.v1.fields import InputSerializer

MOST = 500
"""Entitlements of one request."""


class OfferInput(InputSerializer):
    """Reads an entitlement that is offered, and up to which amount."""

    entitlement = serializers.CharField(max_length=80)
    amount = serializers.DecimalField(
        max_digits=14,
        decimal_places=2,
        min_value=Decimal("0.01"),
        allow_null=True,
        required=False,
        default=None,
        help_text="In EUR; null: without limit.",
    )


class OfferSerializer(serializers.Serializer[Any]):
    """Shows an entitlement that is offered."""

    entitlement = serializers.CharField()
    amount = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    currency = serializers.CharField(help_text="ISO 4217.")


def of_input(asked: Mapping[str, Any], *, units: Collection[str]) -> dict[str, AmountLimit]:
    """Return the offer that `template` or `offer` of a cleaned request names. One statement with a template.

    Raises ValidationError for both at once, an unknown template, one of other units, and an entitlement named twice.
    """
    named, listed = asked["template"], asked["offer"]
    if named and listed:
        raise _wrong("offer", "Name a template or what is offered, not both.", "both")
    if named:
        template = {one.key: one for one in stored_catalogue.ceiling_templates()}.get(named)
        if template is None or (template.units and not set(units) <= set(template.units)):
            raise _wrong("template", "These business units have no such template.", "unknown")
        return {key: AmountLimit(amount) for key, amount in template.offer.items()}
    offer = {one["entitlement"]: AmountLimit(one["amount"]) for one in listed}
    if len(offer) < len(listed):
        raise _wrong("offer", "Name each entitlement once.", "repeated")
    return offer


def to_json(key: str, limit: AmountLimit) -> dict[str, Any]:
    """Return an offered entitlement as JSON."""
    return dict(
        OfferSerializer({"entitlement": key, "amount": limit.amount, "currency": limit.currency}).data
    )


def _wrong(field: str, text: str, code: str) -> ValidationError:
    return ValidationError({field: [ErrorDetail(text, code)]})
