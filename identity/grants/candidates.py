"""For which organizations a person could come to a service: plain values, read in one statement."""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from identity import memberships
from identity.models import Application, CustomerNumber, Membership


@dataclass(frozen=True, slots=True)
class Candidate:
    """A membership in force, with its epoch of the same instant, and its organization as the service knows it."""

    membership: uuid.UUID
    epoch: int
    organization: uuid.UUID
    key: str
    name: str
    customer_number: str


def of(*, user: uuid.UUID, application: uuid.UUID, at: dt.datetime) -> list[Candidate]:
    """The person's memberships in force, by the organization's name."""
    unit = Application.objects.filter(id=application).values("unit")
    numbers = CustomerNumber.objects.filter(organization=OuterRef("organization"), unit__in=unit)
    mine = memberships.active(at=at).filter(user=user, kind=Membership.Kind.PERSON)
    rows = mine.order_by("organization__sort_key", "id").values_list(
        "id",
        "epoch",
        "organization_id",
        "organization__key",
        "organization__name",
        Coalesce(Subquery(numbers.values("number")[:1]), Value("")),
    )
    return [Candidate(*row) for row in rows]
