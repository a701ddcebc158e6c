"""Accesses are read and shown alike wherever the REST API names one."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from delegation.access.queries import AssignmentView
from delegation.authorization.values import AccessSpec, AmountLimit
from portal.api.v1.fields import InputSerializer, InstantField

_MOST_SITES, _MOST_LIMITS = 1000, 100


class SiteSerializer(serializers.Serializer[Any]):
    """Shows a site."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class LimitSerializer(serializers.Serializer[Any]):
    """Shows a limit of an entitlement."""

    amount = serializers.DecimalField(
        max_digits=14, decimal_places=2, allow_null=True, help_text="Null: without limit."
    )
    currency = serializers.CharField(help_text="ISO 4217.")
    period = serializers.CharField(help_text="order, day, week, month, quarter or year.")


class AssignmentSerializer(serializers.Serializer[Any]):
    """Shows a role that a person has, with its sites, limits and interval."""

    id = serializers.UUIDField()
    role = serializers.CharField()
    all_sites = serializers.BooleanField()
    sites = SiteSerializer(many=True)
    limits = serializers.DictField(child=LimitSerializer(), help_text="By entitlement.")
    valid_from = serializers.DateTimeField()
    valid_until = serializers.DateTimeField(allow_null=True)


class LimitInput(InputSerializer):
    """Reads a limit of an entitlement."""

    amount = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True, min_value=Decimal(0))
    currency = serializers.RegexField(r"^[A-Z]{3}$", default="EUR", required=False)
    period = serializers.ChoiceField(
        ["order", "day", "week", "month", "quarter", "year"], default="order", required=False
    )


class AccessInput(InputSerializer):
    """Reads an access: one role for all sites or for some, with the limits that it needs, and an end."""

    role = serializers.RegexField(r"^[a-z][a-z0-9_]{0,39}$")
    all_sites = serializers.BooleanField(required=False, default=False)
    sites = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, max_length=_MOST_SITES
    )
    limits = serializers.DictField(
        child=LimitInput(), required=False, default=dict, help_text="By entitlement."
    )
    until = InstantField(required=False, allow_null=True, default=None)

    def validate_limits(self, limits: Mapping[str, Any]) -> Mapping[str, Any]:
        """Bound the number of limits. Raises ValidationError."""
        if len(limits) > _MOST_LIMITS:
            raise serializers.ValidationError("There are too many limits.", "max_length")
        return limits


def access_of(cleaned: Mapping[str, Any]) -> AccessSpec:
    """Return the access of a cleaned `AccessInput`."""
    limits = {key: AmountLimit(**limit) for key, limit in cleaned["limits"].items()}
    return AccessSpec(
        role=cleaned["role"],
        all_sites=cleaned["all_sites"],
        sites=frozenset(cleaned["sites"]),
        limits=limits,
        until=cleaned["until"],
    )


def describe(assignments: list[AssignmentView]) -> list[dict[str, Any]]:
    """Return these assignments as JSON."""
    return [dict(AssignmentSerializer(assignment).data) for assignment in assignments]
