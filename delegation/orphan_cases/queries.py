"""Timers read which cases are due, and which customers without a working admin have none."""

import datetime as dt
import uuid
from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from delegation.authorization import admin_queries
from delegation.orphan_cases import rules
from delegation.orphan_cases.models import OrphanCase
from identity.memberships.models import Membership
from identity.organizations.models import Organization

MOST_AT_ONCE = 20
MOST_NAMED = 5
REOPENS_AFTER = dt.timedelta(days=30)
"""The system opens no case for a customer whose last one was closed in this time: a decision of staff stands."""


def due(*, at: dt.datetime, besides: Collection[uuid.UUID] = ()) -> list[OrphanCase]:
    """List the cases, except `besides`, whose new admin gets all rights now. One statement."""
    rows = OrphanCase.objects.filter(state=OrphanCase.State.JOINED, stopped_at=None, full_from__lte=at)
    rows = rows.exclude(pk__in=besides)
    return list(rows.order_by("full_from", "id")[:MOST_AT_ONCE])


def present_admins(*, organization: uuid.UUID, at: dt.datetime) -> list[Membership]:
    """Read a few working admins who answered, or were not asked: while one is there, no question opens a case."""
    rows = rules.present_admins(organization=organization, at=at, by_claims=True)
    return list(rows.select_related("user").order_by("sort_key", "id")[:MOST_NAMED])


def without_case(*, at: dt.datetime, besides: Collection[uuid.UUID] = ()) -> list[Organization]:
    """List active customers that had members, have no working admin, and no case now or lately. One statement.

    Those of `besides` are left out.
    """
    cases = OrphanCase.objects.filter(organization=OuterRef("pk"))
    lately = cases.filter(Q(closed_at=None) | Q(closed_at__gt=at - REOPENS_AFTER))
    people = Membership.objects.filter(organization=OuterRef("pk"), kind=Membership.Kind.PERSON)
    admins = Coalesce(Subquery(admin_queries.number_of_working_admins(at=at)), 0)
    rows = Organization.objects.filter(Exists(people), ~Exists(lately), status=Organization.Status.ACTIVE)
    rows = rows.exclude(pk__in=besides).annotate(admins=admins).filter(admins=0)
    return list(rows.order_by("id")[:MOST_AT_ONCE])
