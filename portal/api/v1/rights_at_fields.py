"""Answers on rights at an instant are shown alike: how far a right reached, and what gave it."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from delegation.access.queries import AssignmentView
from delegation.activity.giving_events import EventProof
from delegation.authorization.entitlements import Right
from delegation.authorization.values import amount_to_json
from portal.api.v1.access_fields import LimitSerializer, SiteSerializer
from portal.api.v1.fields import InputSerializer, InstantField, PageParameters


class ProofSerializer(serializers.Serializer[Any]):
    """Names an event of the log and its place, as an export of the log has them."""

    event = serializers.UUIDField()
    chain = serializers.UUIDField()
    seq = serializers.IntegerField()
    hash = serializers.CharField(help_text="SHA-256, in hexadecimal digits.")


class GroundsSerializer(serializers.Serializer[Any]):
    """Shows what gave a right: the assignment of a role, who gave it and why, and the events that prove it."""

    assignment = serializers.UUIDField()
    role = serializers.CharField()
    assigned_by = serializers.UUIDField()
    assigned_by_kind = serializers.CharField()
    reason = serializers.CharField(help_text="In the giver's words; may be empty.")
    assigned = ProofSerializer(allow_null=True)
    invited = ProofSerializer(allow_null=True)


class HeldRightSerializer(serializers.Serializer[Any]):
    """Shows how far a right reached, from when until when, and on what grounds."""

    all_sites = serializers.BooleanField()
    sites = SiteSerializer(many=True)
    limit = LimitSerializer(allow_null=True)
    valid_from = serializers.DateTimeField()
    valid_until = serializers.DateTimeField(allow_null=True)
    grounds = GroundsSerializer()


class CouldSerializer(HeldRightSerializer):
    """Shows a person who could; `ended` proves the event that ended the right later."""

    person = serializers.UUIDField()
    name = serializers.CharField()
    ended = ProofSerializer(allow_null=True)


class CouldPageSerializer(serializers.Serializer[Any]):
    """Shows a page of people who could, in the order of names."""

    items = CouldSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class RightAtSerializer(HeldRightSerializer):
    """Shows a right of a person at an instant."""

    application = serializers.CharField()
    entitlement = serializers.CharField()


class RightsAtSerializer(serializers.Serializer[Any]):
    """Shows the rights of a person at an instant."""

    at = serializers.DateTimeField()
    name = serializers.CharField()
    rights = RightAtSerializer(many=True)


class InstantParameters(InputSerializer):
    """Reads the instant that is asked about; now without one."""

    at = InstantField(required=False)


class QuestionParameters(PageParameters, InstantParameters):
    """Reads the question."""

    could = serializers.CharField(
        max_length=80, help_text="The key of an entitlement, or a verb of Keyholder such as member.invite."
    )
    over = serializers.DecimalField(
        max_digits=14, decimal_places=2, min_value=0, required=False, help_text="An amount in EUR."
    )
    site = serializers.UUIDField(required=False)


def reach(right: Right | None, assignment: AssignmentView) -> dict[str, Any]:
    """Return how far a right reaches; for a verb, its assignment."""
    sites = assignment.sites if right is None else right.sites
    limit = None
    if right is not None and right.takes_amount:
        amount = amount_to_json(right.amount)
        limit = {"amount": amount, "currency": right.currency, "period": right.period}
    held = right or assignment
    return {
        "all_sites": held.all_sites,
        "sites": [] if held.all_sites else [{"id": str(site.id), "name": site.name} for site in sites],
        "limit": limit,
        "valid_from": held.valid_from.isoformat(),
        "valid_until": held.valid_until.isoformat() if held.valid_until else None,
    }


def grounds(
    assignment: AssignmentView, assigned: EventProof | None, invited: EventProof | None, reason: str
) -> Mapping[str, Any]:
    """Return what gave a right."""
    return {
        "assignment": str(assignment.id),
        "role": assignment.role,
        "assigned_by": str(assignment.assigned_by),
        "assigned_by_kind": assignment.assigned_by_kind,
        "reason": reason,
        "assigned": proof(assigned),
        "invited": proof(invited),
    }


def proof(event: EventProof | None) -> dict[str, Any] | None:
    """Return the place of an event in the log."""
    if event is None:
        return None
    return {
        "event": str(event.event),
        "chain": str(event.chain),
        "seq": event.number,
        "hash": event.hash,
    }
