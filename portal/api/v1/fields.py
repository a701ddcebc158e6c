"""Several parts of the REST API share these fields and serializers."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from portal.api.pagination import MAX_PAGE_SIZE, PAGE_SIZE


class InstantField(serializers.DateTimeField):
    """Reads an instant with its offset from UTC (RFC 3339); one without is refused, because its zone is not known."""

    default_error_messages = {"naive": "Name the offset from UTC, as in 2026-12-31T23:59:59Z."}

    def enforce_timezone(self, value: dt.datetime) -> dt.datetime:
        """Refuse an instant without an offset. Raises ValidationError."""
        if value.tzinfo is None:
            self.fail("naive")
        return super().enforce_timezone(value)


class InputSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not know: a misspelled one would be ignored."""

    default_error_messages = {"unknown": "This field is not known."}

    def to_internal_value(self, data: Any) -> Any:
        """Name every unknown field. Raises ValidationError."""
        unknown = set(data) - set(self.fields) if isinstance(data, Mapping) else set()
        if unknown:
            detail = serializers.ErrorDetail(str(self.error_messages["unknown"]), "unknown")
            raise serializers.ValidationError({str(name): [detail] for name in sorted(unknown)})
        return super().to_internal_value(data)


class EmptyInput(InputSerializer):
    """Reads an empty object."""


class PageParameters(InputSerializer):
    """Reads the parameters of every list."""

    after = serializers.CharField(
        required=False, default="", max_length=60, help_text="`next` of the page before."
    )
    limit = serializers.IntegerField(required=False, default=PAGE_SIZE, min_value=1, max_value=MAX_PAGE_SIZE)


class ActSerializer(serializers.Serializer[Any]):
    """Shows what a change did: the id and the instant of its act, which the activity log names too."""

    act = serializers.UUIDField()
    at = serializers.DateTimeField()
