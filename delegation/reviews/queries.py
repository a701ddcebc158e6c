"""Reviews are read with their lines, and with who joined since."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Window

from audit.foundation import db
from audit.foundation.actor import Actor
from delegation.access import queries as access_queries
from delegation.access.queries import AssignmentView
from delegation.authorization.errors import InvalidInput, NotFound
from delegation.authorization.models.roles import Role
from delegation.authorization.values import AccessSpec
from delegation.orphan_cases.models import OrphanCase
from delegation.reviews import lowering, population, rules
from delegation.reviews.models import AccessReview, ReviewLine
from delegation.reviews.population import ReviewScope
from identity.memberships.models import SHOWN_NAME, Membership
from identity.organizations.models import Organization
from identity.people.models import User

ReadReview: TypeAlias = AccessReview
"""A review as pages read it."""
LISTED = 50
BATCH = 100
"""Reviews or cases that one statement reads."""
JOINED_NAMED = 3
_FOLLOWED = dt.timedelta(days=7)
"""A case that was resolved longer ago is followed by no review."""


@dataclass(frozen=True, slots=True)
class ReviewView:
    """Describes a review with the number of its open lines."""

    review: AccessReview
    open_lines: int


@dataclass(frozen=True, slots=True)
class LineView:
    """Describes a line with what is there now; `access` is None after the end."""

    line: ReviewLine
    name: str
    digest: str
    """What identifies the present access; empty after the end."""
    access: Sequence[Mapping[str, Any]] | None
    lower: AccessSpec | None
    """What lowering gives; None where there is nothing lower."""
    is_mine: bool
    """Whether the reader decides about it now."""

    @property
    def scopes(self) -> str:
        """Return the scopes of a program."""
        return str(self.line.frozen.get("scopes", ""))


def reviews(*, organization: uuid.UUID) -> list[ReviewView]:
    """List the reviews of an organization, the newest first, up to `LISTED`, with the number of open lines."""
    rows = AccessReview.objects.filter(organization=organization).annotate(
        open_lines=Count("lines", filter=Q(lines__decision=""))
    )
    rows = rows.select_related("reviewer__user", "fallback__user", "role", "site")
    return [ReviewView(row, row.open_lines) for row in rows.order_by("-started_at", "id")[:LISTED]]


def get(*, organization: uuid.UUID, review: uuid.UUID) -> AccessReview:
    """Read a review of this organization. One statement. Raises NotFound."""
    rows = AccessReview.objects.select_related("reviewer__user", "fallback__user", "role", "site")
    row = rows.filter(id=review, organization=organization).first()
    if row is None:
        raise NotFound
    return row


def lines(review: AccessReview, *, actor: Actor, at: dt.datetime, lowest: str) -> list[LineView]:
    """List the lines by name, programs last, and which of them this actor decides now. Eight statements at most.

    `lowest` is the key of the lowest tier.
    """
    rows = list(
        ReviewLine.objects.filter(review=review)
        .select_related("review__reviewer", "review__fallback", "membership__user", "service_user")
        .order_by("membership__sort_key", "id")
    )
    waiting = [row for row in rows if not row.decision and review.state == AccessReview.ReviewState.OPEN]
    digests = rules.digests(waiting, at=at)
    held = access_queries.assignments(
        memberships=[row.membership_id for row in waiting if row.membership_id], at=at
    )
    programs = program_names([row.service_user_id for row in rows if row.service_user_id])
    turn = rules.seats(review, at=at)
    return [
        _line_view(
            row,
            digest=digests.get(row.id, ""),
            held=held.get(row.subject, []),
            tier=lowest or None,
            programs=programs,
            is_turn=turn.may_decide(actor.id, about=row.person),
        )
        for row in rows
    ]


def _line_view(
    row: ReviewLine,
    *,
    digest: str,
    held: Sequence[AssignmentView],
    tier: str | None,
    programs: Mapping[uuid.UUID, str],
    is_turn: bool,
) -> LineView:
    access = [one.access for one in held]
    return LineView(
        line=row,
        name=row.membership.shown_name if row.membership else programs.get(row.subject, ""),
        digest=digest,
        access=[population.access_json(one) for one in held],
        lower=lowering.lowered(access, tier=tier, found=row.frozen["findings"]),
        is_mine=bool(digest) and is_turn,
    )


def program_names(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Read the names of programs. One statement."""
    return dict(User.all_directories.filter(id__in=list(ids)).values_list("id", "name"))


def people_names(*, organization: uuid.UUID, users: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Read the names of people as this organization knows them, by user. One statement."""
    rows = Membership.objects.filter(organization=organization, user__in=list(users))
    return dict(rows.values_list("user", SHOWN_NAME))


def candidates(*, organization: uuid.UUID, at: dt.datetime) -> list[Membership]:
    """List those who may review, by name. Three statements."""
    able = rules.reviewers(organization=organization, at=at)
    return list(Membership.objects.filter(id__in=able).select_related("user").order_by("sort_key", "id"))


@dataclass(frozen=True, slots=True)
class Joined:
    """Counts who is in the scope and has no line, and names the first `JOINED_NAMED` of them."""

    named: Sequence[Membership]
    number: int


def joined_since(review: AccessReview, *, at: dt.datetime) -> Joined:
    """Find who is in the scope now and was not at the start. One statement.

    A review of people unlike their peers compares at its start alone: no one joins it.
    """
    if review.scope == AccessReview.Scope.OUTLIERS:
        return Joined((), 0)
    scope = ReviewScope(review.scope, review.role_id, review.site_id)
    known = ReviewLine.objects.filter(review=review, membership__isnull=False).values("membership")
    rows = population.members(organization=review.organization_id, scope=scope, at=at).exclude(id__in=known)
    counted = rows.select_related("user").annotate(number=Window(Count("*")))
    named = list(counted.order_by("sort_key", "id")[:JOINED_NAMED])
    return Joined(named, getattr(named[0], "number", 0) if named else 0)


_DUE = """
SELECT id FROM delegation_accessreview
WHERE state = 'open' AND id <> ALL(%(besides)s) AND %(at)s >= CASE warnings
    WHEN 0 THEN started_at + (due_at - started_at) / 2
    WHEN 1 THEN greatest(started_at + (due_at - started_at) * 5 / 6, warned_at + interval '1 day')
    ELSE greatest(due_at, warned_at + interval '1 day') END
ORDER BY due_at, id
"""


def due(*, at: dt.datetime, besides: Collection[uuid.UUID] = ()) -> Iterator[AccessReview]:
    """Read the open reviews, except `besides`, of which a step is due (`rules.warns_at`, `rules.lapses_at`).

    Those due first come first.
    """
    keys = [key for (key,) in db.fetch_all(_DUE, {"at": at, "besides": list(besides)})]
    for start in range(0, len(keys), BATCH):
        yield from _open().filter(id__in=keys[start : start + BATCH]).order_by("due_at", "id")


def open_reviews() -> Iterator[Sequence[AccessReview]]:
    """Read all open reviews, `BATCH` at a time."""
    rows = list(_open().order_by("id")[:BATCH])
    while rows:
        yield rows
        following = _open().filter(id__gt=rows[-1].id).order_by("id")[:BATCH]
        rows = list(following) if len(rows) == BATCH else []


@dataclass(frozen=True, slots=True)
class AskedReviewer:
    """Names a person who has lines to answer now, by address and language, and counts the lines."""

    email: str
    language: str
    lines: int


def waiting_reviewers(review: AccessReview, *, at: dt.datetime) -> list[AskedReviewer]:
    """List who has lines of this review to answer now, by name. Nine statements at most."""
    rows = undecided(review)
    present = rules.digests(rows, at=at)
    turn = rules.seats(review, at=at)
    found = []
    for one in candidates(organization=review.organization_id, at=at):
        lines = sum(bool(present[row.id]) and turn.may_decide(one.user_id, about=row.person) for row in rows)
        if lines and one.user.email:
            found.append(AskedReviewer(one.user.email, one.user.language, lines))
    return found


def undecided(review: AccessReview) -> list[ReviewLine]:
    """List the lines without an answer. One statement."""
    rows = ReviewLine.objects.filter(review=review, decision="").order_by("id")
    return list(rows.select_related("review__reviewer", "review__fallback", "membership__user"))


def departed(review: AccessReview, *, at: dt.datetime) -> list[ReviewLine]:
    """List the lines without an answer of those who have left. Four statements."""
    rows = undecided(review)
    now = rules.digests(rows, at=at)
    return [row for row in rows if not now[row.id]]


@dataclass(frozen=True, slots=True)
class CaseToFollow:
    """Names the customer that got a new admin by a case, and the case."""

    organization: Organization
    case: uuid.UUID
    new_admin: Membership


def cases_to_follow(*, at: dt.datetime, besides: Collection[uuid.UUID] = ()) -> list[CaseToFollow]:
    """List the cases of missing admins that were resolved of late and that no review has followed. One statement.

    Those of `besides` are left out.
    """
    known = AccessReview.objects.filter(cause_id=OuterRef("pk"))
    rows = OrphanCase.objects.filter(
        ~Exists(known),
        state=OrphanCase.State.RESOLVED,
        closed_at__gt=at - _FOLLOWED,
        membership__isnull=False,
    )
    rows = rows.exclude(pk__in=besides).select_related("organization", "membership")
    return [
        CaseToFollow(row.organization, row.id, row.membership)
        for row in rows.order_by("closed_at", "id")[:BATCH]
        if row.membership is not None
    ]


def _open() -> QuerySet[AccessReview]:
    return AccessReview.objects.filter(state=AccessReview.ReviewState.OPEN).select_related(
        "reviewer__user", "fallback__user", "role", "site"
    )


def lowest_key(*, at: dt.datetime) -> str:
    """Return the key of the tier to which silence lowers; empty where the catalogue has none. Two statements."""
    return lowering.lowest_tier(at=at) or ""


def scope_of(kind: str, key: str) -> ReviewScope:
    """Return the scope of these words of a form: `tier` with its key, `site` with its id. Raises InvalidInput."""
    if kind == AccessReview.Scope.TIER:
        role = Role.objects.filter(key=key).values_list("id", flat=True).first()
        if role is None:
            raise InvalidInput(field="scope", problem="unknown")
        return ReviewScope(kind, role=role)
    return ReviewScope(kind, site=uuid.UUID(key)) if kind == AccessReview.Scope.SITE else ReviewScope(kind)


def organization(key: uuid.UUID) -> Organization:
    """Read an organization as a command takes it. One statement."""
    return Organization.objects.get(id=key)
