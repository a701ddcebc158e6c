"""The REST API shows connected systems, and reads their settings, by these serializers."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from portal.api.v1.application_fields import ApplicationSerializer, ClientSerializer
from portal.api.v1.fields import ActSerializer, InputSerializer
from provisioning.accounts import target_status
from provisioning.accounts.target_status import DeliveryTimes, FailureGroup, TargetStatus
from provisioning.targets.commands import CHOICES
from provisioning.targets.pauses import LONGEST_PAUSE

_MOST = f"{target_status.LIMIT + 1} stands for more than {target_status.LIMIT}."
_MOST_INCLUDED = 50
STATES = ("up_to_date", "waiting", "failed", "paused")
"""Of a connected system."""


class TargetSerializer(serializers.Serializer[Any]):
    """Shows how the deliveries to a connected system go."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    base_url = serializers.CharField()
    state = serializers.ChoiceField(STATES)
    connected_at = serializers.DateTimeField()
    removals_waiting = serializers.IntegerField(help_text=_MOST)
    updates_waiting = serializers.IntegerField(help_text=_MOST)
    failures = serializers.IntegerField(help_text="Failures in a row of the system as a whole.")
    down_since = serializers.DateTimeField(allow_null=True)
    next_try_at = serializers.DateTimeField(allow_null=True)
    paused_until = serializers.DateTimeField(allow_null=True)
    syncing = serializers.BooleanField()
    synced_at = serializers.DateTimeField(allow_null=True)


class LagSerializer(serializers.Serializer[Any]):
    """Measures the last confirmed changes of a week, 500 at most: the seconds from the act to the answer."""

    changes = serializers.IntegerField()
    most_within = serializers.FloatField(allow_null=True, help_text="Of 95 of 100 changes.")
    slowest = serializers.FloatField(allow_null=True)
    last_at = serializers.DateTimeField(allow_null=True)


class FailureSerializer(serializers.Serializer[Any]):
    """Counts the accounts that fail for one reason."""

    code = serializers.CharField(help_text="Stable; new ones may be added.")
    accounts = serializers.IntegerField(help_text=_MOST)
    since = serializers.DateTimeField()
    next_try_at = serializers.DateTimeField(allow_null=True)


class TargetSettingsSerializer(serializers.Serializer[Any]):
    """Shows the settings, without the token."""

    record_per = serializers.ChoiceField(
        CHOICES["record_per"], help_text="Fixed when the system is connected."
    )
    on_removal = serializers.ChoiceField(CHOICES["on_removal"])
    name_form = serializers.ChoiceField(CHOICES["name_form"])
    media_type = serializers.ChoiceField(CHOICES["media_type"])
    send_phone = serializers.BooleanField()
    verify_writes = serializers.BooleanField()
    include_applications = serializers.ListField(child=serializers.CharField())


class TargetDetailSerializer(TargetSerializer):
    """Shows a connected system with its lag, its failures and its settings."""

    accounts_out_of_date = serializers.IntegerField(help_text=_MOST)
    lag = LagSerializer()
    accounts_failing = FailureSerializer(many=True)
    settings = TargetSettingsSerializer()


class ApplicationDetailSerializer(ApplicationSerializer):
    """Shows an application with its clients and its connected system."""

    clients = ClientSerializer(many=True)
    target = TargetSerializer(allow_null=True)


class TargetSettingsInput(InputSerializer):
    """Reads settings of a connected system."""

    base_url = serializers.CharField(max_length=500)
    token = serializers.CharField(max_length=4000, help_text="The bearer token; no answer shows it.")
    on_removal = serializers.ChoiceField(CHOICES["on_removal"], required=False)
    name_form = serializers.ChoiceField(CHOICES["name_form"], required=False)
    media_type = serializers.ChoiceField(CHOICES["media_type"], required=False)
    send_phone = serializers.BooleanField(required=False)
    include_applications = serializers.ListField(
        child=serializers.CharField(max_length=40),
        required=False,
        max_length=_MOST_INCLUDED,
        help_text="Keys of applications of which the rights are sent too.",
    )


class TargetInput(TargetSettingsInput):
    """Reads a system to connect."""

    record_per = serializers.ChoiceField(CHOICES["record_per"], required=False)


class TargetChangeInput(TargetSettingsInput):
    """Reads what changes of a connection; another scheme, host or port needs a new token."""

    base_url = serializers.CharField(max_length=500, required=False)
    token = serializers.CharField(
        max_length=4000, required=False, help_text="The bearer token; no answer shows it."
    )
    verify_writes = serializers.BooleanField(required=False)


class PauseInput(InputSerializer):
    """Reads how long deliveries are paused."""

    hours = serializers.IntegerField(min_value=1, max_value=LONGEST_PAUSE)


class ConnectedSerializer(ActSerializer):
    """Shows the act, and the connected system."""

    target = serializers.UUIDField()


class TestAnswerSerializer(serializers.Serializer[Any]):
    """Shows how the system answered a test call."""

    code = serializers.CharField(allow_blank=True, help_text="Empty where it answers as it should.")
    detail = serializers.CharField(allow_blank=True, help_text="Such as `status 401`.")
    seconds = serializers.FloatField()


def summary(status: TargetStatus) -> dict[str, Any]:
    """Return the fields of `TargetSerializer`."""
    return {
        "id": status.id,
        "kind": status.kind,
        "base_url": status.base_url,
        "state": _state(status),
        "connected_at": status.created_at,
        "removals_waiting": status.removals,
        "updates_waiting": status.updates,
        "failures": status.failures,
        "down_since": status.down_since,
        "next_try_at": status.next_try_at,
        "paused_until": status.paused_until,
        "syncing": status.is_syncing,
        "synced_at": status.synced_at,
    }


def detail(
    status: TargetStatus,
    *,
    lag: DeliveryTimes,
    failing: list[FailureGroup],
    out_of_date: int,
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the fields of `TargetDetailSerializer`."""
    return summary(status) | {
        "accounts_out_of_date": out_of_date,
        "lag": {
            "changes": lag.number,
            "most_within": lag.most_within,
            "slowest": lag.slowest,
            "last_at": lag.last_at,
        },
        "accounts_failing": [dataclasses.asdict(group) for group in failing],
        "settings": {name: value for name, value in settings.items() if name != "base_url"},
    }


def _state(status: TargetStatus) -> str:
    if status.paused_until is not None:
        return "paused"
    if status.down_since is not None:
        return "failed"
    return "waiting" if status.removals or status.updates or status.is_syncing else "up_to_date"
