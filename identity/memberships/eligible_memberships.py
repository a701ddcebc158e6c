"""A person can sign in to a service on behalf of these organizations."""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from identity.clients.models import Application
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership
from identity.organizations.models import CustomerNumber


@dataclass(frozen=True, slots=True)
class EligibleMembership:
    """Holds a membership in force, its epoch at the same instant, and the organization as the service knows it."""

    id: uuid.UUID
    epoch: int
    organization: uuid.UUID
    organization_key: str
    organization_name: str
    customer_number: str


def for_application(*, user: uuid.UUID, application: uuid.UUID, at: dt.datetime) -> list[EligibleMembership]:
    """List the person's memberships in force, by the organization's name. One statement.

    The customer number is that of the application's business unit.
    """
    unit = Application.objects.filter(id=application).values("unit")
    numbers = CustomerNumber.objects.filter(organization=OuterRef("organization"), unit__in=unit)
    rows = memberships_queries.active(at=at).filter(user=user, kind=Membership.Kind.PERSON)
    values = rows.order_by("organization__sort_key", "id").values_list(
        "id",
        "epoch",
        "organization_id",
        "organization__key",
        "organization__name",
        Coalesce(Subquery(numbers.values("number")[:1]), Value("")),
    )
    return [EligibleMembership(*row) for row in values]
