"""The numbers by which business units know a customer are read with the rows of another statement."""

import uuid
from dataclasses import dataclass
from typing import Any, cast

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Model, OuterRef
from django.db.models.functions import JSONObject

from identity.organizations.models import CustomerNumber


@dataclass(frozen=True, slots=True)
class Number:
    """Holds a customer number and the business unit that knows the customer by it; `unit` is its name."""

    number: str
    unit: str
    unit_id: uuid.UUID
    unit_key: str = ""


def column(*, organization: str = "pk") -> ArraySubquery:
    """Return the annotation `numbers` for rows whose column `organization` is the customer."""
    rows = CustomerNumber.objects.filter(organization=OuterRef(organization)).order_by("unit__name", "number")
    return ArraySubquery(
        rows.values(
            json=JSONObject(number="number", unit="unit__name", unit_id="unit", unit_key="unit__key")
        ),
    )


def numbers_of(row: Model) -> tuple[Number, ...]:
    """Return the numbers, by the name of the business unit, of a row with `column` as `numbers`."""
    found = cast("list[dict[str, Any]]", getattr(row, "numbers"))  # noqa: B009 - an annotation
    return tuple(
        Number(one["number"], one["unit"], uuid.UUID(one["unit_id"]), one["unit_key"]) for one in found
    )
