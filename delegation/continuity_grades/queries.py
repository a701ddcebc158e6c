"""The grade of organizations is computed from facts whenever it is read, for any number of them by one statement.

It is stored nowhere as a truth of its own. The order of grades is that of support's worklist, the worst first.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Case,
    CharField,
    Count,
    DateTimeField,
    Exists,
    Func,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import Coalesce, RowNumber

from audit.foundation.intervals import InForce
from delegation.authorization import admin_queries
from delegation.continuity_grades import rules
from delegation.continuity_grades.models import AdminConfirmation
from delegation.customer_contacts.models import CustomerContact
from delegation.domain_verifications.models import DomainVerification
from identity.memberships.models import Membership, MembershipPeriod
from identity.organizations import queries as organizations_queries
from identity.organizations.models import Organization
from identity.organizations.queries import OrganizationView

MAX_AT_RISK = 50
MAX_LISTED = 5
MAX_MAILED = 100
"""Admins of an organization who get the mail about a fall."""
_COUNTS: "ArrayField[list[int], list[int]]" = ArrayField(IntegerField())


class Grade(StrEnum):
    """Says how surely the organization keeps an admin, the worst first."""

    NONE = "none"
    """No working admin."""
    CRITICAL = "critical"
    """No admin is fresh."""
    WEAK = "weak"
    """One admin is fresh."""
    FAIR = "fair"
    """Two are fresh, and another fact is not as it should be."""
    GOOD = "good"

    @property
    def rank(self) -> int:
        """Return the place in the order, from 0."""
        return list(Grade).index(self)

    @property
    def is_at_risk(self) -> bool:
        """Return whether support's worklist has the organization."""
        return self.rank < Grade.FAIR.rank


@dataclass(frozen=True, slots=True)
class GradeFacts:
    """Holds the grade of an organization, and the facts that it follows from."""

    organization: OrganizationView
    grade: Grade
    admins: int
    """Working admins: they can sign in, and their mail is not returned."""
    fresh: int
    """Those of them who signed in and confirmed lately."""
    bounced: str
    """The name of a person with an admin's role whose mail is returned; empty for none."""
    contact: str
    """The name of a recovery contact, who is not one of the admins; empty for none."""
    domain: str
    """A verified mail domain, whose DNS record the daily check still finds; empty for none."""
    fell_from: "Grade | None" = None
    """The grade before the last fall that was noticed; None where the grade has risen since."""
    fell_at: dt.datetime | None = None
    asked_at: dt.datetime | None = None
    """When the admins were mailed because of it."""


@dataclass(frozen=True, slots=True)
class AdminFacts:
    """Describes a working admin as far as the grade asks."""

    row: Membership
    """With its user."""
    signed_in_at: dt.datetime | None
    is_seen: bool
    """Whether the admin signed in, or joined, within `SEEN_WITHIN`."""
    confirmed_at: dt.datetime | None
    confirm_by: dt.datetime
    """A year after the last confirmation, or after an admin's role was given."""


@dataclass(frozen=True, slots=True)
class MailableAdmin:
    """Names a working admin by address and language."""

    user: uuid.UUID
    email: str
    language: str


def facts_of(*, organization: uuid.UUID, at: dt.datetime) -> GradeFacts:
    """Read the grade of one organization. One statement."""
    return _facts(_with_facts(Organization.objects.filter(pk=organization), at).get())


def at_risk(*, organizations: QuerySet[Organization], at: dt.datetime) -> list[GradeFacts]:
    """Read the active ones of these organizations whose grade is at risk: the fewest fresh admins, then admins, first.

    That is the order of grades. Equals by name, up to `MAX_AT_RISK` + 1. One statement.
    """
    active = organizations.filter(status=Organization.Status.ACTIVE)
    rows = _with_facts(active, at).filter(counts__0__lt=rules.NEEDED)
    return [_facts(row) for row in rows.order_by("counts", "sort_key", "id")[: MAX_AT_RISK + 1]]


def grades_of(*, organizations: Collection[uuid.UUID], at: dt.datetime) -> list[GradeFacts]:
    """Read the grades of those of these organizations that are active, by id. One statement."""
    rows = Organization.objects.filter(status=Organization.Status.ACTIVE, pk__in=organizations)
    return [_facts(row) for row in _with_facts(rows, at).order_by("pk")]


def admins_of(
    *, organization: uuid.UUID, at: dt.datetime, reader: uuid.UUID | None = None
) -> Sequence[AdminFacts]:
    """Read up to `MAX_LISTED` working admins, in the order of names: the first ones, and always the `reader`.

    `reader` is a membership: however many admins there are, each sees and confirms the own part. One statement.
    """
    assignments = admin_queries.assignments_of_working_admins(organization=organization, at=at).order_by()
    since = assignments.filter(membership=OuterRef("pk")).values("membership").annotate(n=Max("valid_from"))
    own = AdminConfirmation.objects.filter(membership=OuterRef("pk")).order_by("-confirmed_at")
    joined = _periods(at, OuterRef("pk")).values("valid_from")
    rows = Membership.objects.filter(organization=organization, id__in=assignments.values("membership"))
    rows = rows.select_related("user", "last_sign_in").annotate(
        since=Subquery(since.values("n"), output_field=DateTimeField()),
        confirmed=Subquery(own.values("confirmed_at")[:1]),
        joined=Subquery(joined[:1]),
    )
    first = rows.order_by(Case(When(pk=reader, then=0), default=1), "sort_key", "id")[:MAX_LISTED]
    return [_admin(row, at) for row in sorted(first, key=lambda row: (row.sort_key, row.id))]


def mailable_admins(
    *, organizations: Collection[uuid.UUID], at: dt.datetime
) -> Mapping[uuid.UUID, Sequence[MailableAdmin]]:
    """Read the working admins of these organizations by name, up to `MAX_MAILED` of each. One statement."""
    place = Window(RowNumber(), partition_by="organization", order_by=["sort_key", "id"])
    rows = admin_queries.working_admins_of(organizations=organizations, at=at)
    admins = defaultdict[uuid.UUID, list[MailableAdmin]](list)
    for row in (
        rows.select_related("user").annotate(place=place).filter(place__lte=MAX_MAILED).order_by("place")
    ):
        user = row.user
        admins[row.organization_id].append(MailableAdmin(user.id, user.email or "", user.language))
    return admins


def own_membership(*, membership: uuid.UUID) -> Membership:
    """Read the actor's own membership as a command takes it. One statement."""
    return Membership.objects.get(pk=membership)


def _admin(row: Membership, at: dt.datetime) -> AdminFacts:
    since, confirmed, joined = (getattr(row, name) for name in ("since", "confirmed", "joined"))
    signed_in = getattr(row, "last_sign_in", None)
    signed_in_at = signed_in.at if signed_in else None
    return AdminFacts(
        row=row,
        signed_in_at=signed_in_at,
        is_seen=max(joined, signed_in_at or joined) > at - rules.SEEN_WITHIN,
        confirmed_at=confirmed,
        confirm_by=max(since, confirmed or since) + rules.CONFIRMED_WITHIN,
    )


def _periods(at: dt.datetime, membership: OuterRef) -> QuerySet[MembershipPeriod]:
    rows = MembershipPeriod.objects.filter(membership=membership, valid_until=None, valid_from__lte=at)
    return rows.filter(state=MembershipPeriod.State.ACTIVE)


def _with_facts(organizations: QuerySet[Organization], at: dt.datetime) -> QuerySet[Any]:
    """Annotate the facts. Each is read by an index, organization by organization.

    The grade is left to Python: Django writes an annotation out again wherever another names it, and a statement that
    repeats these took PostgreSQL twenty seconds to compile.
    """
    return organizations.select_related("continuity_watch").annotate(
        counts=Coalesce(Subquery(_counts(at)), Value([0, 0], output_field=_COUNTS)),
        bounced=_text(_bounced(at)),
        contact=_text(_contacts(at)),
        domain=_text(_domains(at)),
    )


def _counts(at: dt.datetime) -> QuerySet[Any, Any]:
    """Count the fresh ones of the working admins of the outer organization, and all: one row, none without an admin."""
    rows = admin_queries.assignments_of_working_admins(organization=OuterRef("pk"), at=at)
    joined = _periods(at, OuterRef("membership")).filter(valid_from__gt=at - rules.SEEN_WITHIN)
    year_ago = at - rules.CONFIRMED_WITHIN
    confirmed = AdminConfirmation.objects.filter(membership=OuterRef("membership"), confirmed_at__gt=year_ago)
    is_seen = Q(membership__last_sign_in__at__gt=at - rules.SEEN_WITHIN) | Q(Exists(joined))
    is_confirmed = Q(valid_from__gt=year_ago) | Q(Exists(confirmed))
    members = Count("membership", distinct=True)
    fresh = Count("membership", distinct=True, filter=Q(is_fresh=1))
    counted = rows.order_by().alias(is_fresh=Case(When(is_seen & is_confirmed, then=1), default=0))
    both = Func(fresh, members, template="ARRAY[%(expressions)s]", output_field=_COUNTS)
    return counted.values("organization").annotate(both=both).values("both")


def _bounced(at: dt.datetime) -> QuerySet[Any, Any]:
    rows = admin_queries.assignments_of_bounced_admins(organization=OuterRef("pk"), at=at)
    return rows.order_by("membership__sort_key").values("membership__user__name")


def _contacts(at: dt.datetime) -> QuerySet[Any, Any]:
    """Filter the contacts of the outer organization who are not its admins, whether or not these can sign in."""
    admins = admin_queries.assignments_of_admins(organization=OuterRef("organization"), at=at)
    admin = admins.filter(membership__user__email__iexact=OuterRef("email"))
    rows = CustomerContact.objects.filter(InForce(at), ~Exists(admin), organization=OuterRef("pk"))
    return rows.order_by("kind", "name").values("name")


def _domains(at: dt.datetime) -> QuerySet[Any, Any]:
    rows = DomainVerification.objects.filter(InForce(at), organization=OuterRef("pk"))
    return rows.order_by("domain").values("domain")


def _text(rows: QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(rows[:1], output_field=CharField()), Value(""), output_field=CharField())


def _grade(*, admins: int, fresh: int, is_complete: bool) -> Grade:
    if not admins:
        return Grade.NONE
    if fresh < rules.NEEDED:
        return Grade.WEAK if fresh else Grade.CRITICAL
    return Grade.GOOD if fresh == admins and is_complete else Grade.FAIR


def _facts(row: Organization) -> GradeFacts:
    (fresh, admins), bounced, contact, domain = (
        getattr(row, name) for name in ("counts", "bounced", "contact", "domain")
    )
    grade = _grade(admins=admins, fresh=fresh, is_complete=not bounced and bool(contact and domain))
    watch = getattr(row, "continuity_watch", None)
    fell_from = Grade(watch.fell_from) if watch is not None and watch.fell_from else None
    if fell_from is None or grade.rank >= fell_from.rank:
        fell_from = watch = None
    return GradeFacts(
        organization=organizations_queries.view_of(row),
        grade=grade,
        admins=admins,
        fresh=fresh,
        bounced=bounced,
        contact=contact,
        domain=domain,
        fell_from=fell_from,
        fell_at=watch.fell_at if watch else None,
        asked_at=watch.asked_at if watch else None,
    )
