"""The open invitations of an organization are listed and searched."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import DateTimeField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from audit.foundation import db
from audit.foundation.actor import Actor
from audit.foundation.db import KeysetPage
from audit.foundation.intervals import InForce
from delegation.access.queries import SiteName, Text
from delegation.authorization.errors import NotFound
from delegation.authorization.models.roles import RoleVersion
from delegation.authorization.values import AmountLimit
from delegation.authorization.verbs import Verb
from delegation.invitations import links, scope, sender_authority
from delegation.invitations.models import Invitation
from identity.memberships import queries as memberships_queries
from identity.memberships.models import MembershipPeriod
from identity.organizations.models import Organization
from identity.people import addresses, search

MAX_MATCHES = 1000
_MAX_ACCEPTABLE = 20
"""Open invitations of one person that are looked at for a sign-in, the newest first."""


@dataclass(frozen=True, slots=True)
class PendingInvitation:
    """Describes an open invitation, and says whether the actor may resend or cancel it."""

    id: uuid.UUID
    email: str
    name: str
    role: str
    role_name: Text
    all_sites: bool
    sites: Sequence[SiteName]
    limits: Sequence[AmountLimit]
    access_until: dt.datetime | None
    """The end of the offered access."""
    expires_at: dt.datetime
    invited_by: uuid.UUID
    may_resend: bool
    may_cancel: bool
    acceptable: bool = True
    """Whether the sender could still assign the offered access; the link is refused otherwise."""


@dataclass(frozen=True, slots=True)
class PendingFilter:
    """A filter searches open invitations as the list of members is searched."""

    text: str = ""
    roles: Collection[str] = ()
    sites: Collection[uuid.UUID] = ()


@dataclass(frozen=True, slots=True)
class PendingKey:
    """Identifies an open invitation, with its end."""

    id: uuid.UUID
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class PendingScope:
    """Holds the open invitations that an actor may resend, those to cancel, and all of any state that it may see."""

    resend: QuerySet[Invitation]
    cancel: QuerySet[Invitation]
    visible: QuerySet[Invitation]


def pending_scope(*, actor: Actor, organization: uuid.UUID, at: dt.datetime) -> PendingScope:
    """Read which open invitations the actor could have sent. Two statements."""
    resend, cancel = (
        scope.visible(actor=actor, verb=verb, at=at, organization=organization)
        for verb in (Verb.INVITATION_RESEND, Verb.INVITATION_CANCEL)
    )
    return PendingScope(scope.open_among(resend), scope.open_among(cancel), _either(resend, cancel))


def _either(*sources: QuerySet[Invitation]) -> QuerySet[Invitation]:
    found = Q(pk__in=[])
    for source in sources:
        found |= Q(pk__in=source.values("pk"))
    return Invitation.objects.filter(found)


def pending_keys(*, among: PendingScope, filters: PendingFilter) -> list[PendingKey]:
    """Find the open invitations that match, the first to expire first, up to `MAX_MATCHES` + 1. One statement."""
    rows = _either(among.resend, among.cancel).filter(*conditions(filters))
    keys = rows.order_by("expires_at", "id").values_list("id", "expires_at")[: MAX_MATCHES + 1]
    return [PendingKey(*key) for key in keys]


def pending_page(*, among: PendingScope, after: uuid.UUID | None, size: int) -> KeysetPage[Invitation]:
    """Read one page of the open invitations, the oldest first. One statement, two after an invitation.

    The page continues after an invitation in any state, and a resent one keeps its place.
    """
    return db.keyset(
        rows=[_either(among.resend, among.cancel)],
        order=("id",),
        after=after,
        before=None,
        size=size,
        anchors=[among.visible],
    )


def conditions(filters: PendingFilter) -> Iterator[Q]:
    """Return the conditions of a search among invitations."""
    if filters.text:
        words = search.words(filters.text)
        yield from [_has_word(word) for word in words] or [Q(pk__in=[])]
    if filters.roles:
        yield Q(role__key__in=filters.roles)
    if filters.sites:
        yield Q(all_sites=True) | Q(pk__in=_at_sites(Q(site__in=filters.sites)))


def _has_word(word: str) -> Q:
    at_site = Q(search.has_word(word, name="site__name"))
    return Q(search.has_word(word, name="name", email="email")) | Q(pk__in=_at_sites(at_site))


def _at_sites(condition: Q) -> QuerySet[Any, Any]:
    return Invitation.sites.through._default_manager.filter(condition).values("invitation")


def pending(*, among: PendingScope, ids: Sequence[uuid.UUID], at: dt.datetime) -> list[PendingInvitation]:
    """Read these open invitations, in this order. The number of statements is bounded by the number of tiers."""
    resend, cancel = (
        set(verb.filter(id__in=ids).values_list("id", flat=True)) for verb in (among.resend, among.cancel)
    )
    rows = list(
        Invitation.objects.filter(id__in=resend | cancel).select_related("role").prefetch_related("sites")
    )
    rows.sort(key=lambda row: ids.index(row.id))
    refused = sender_authority.without_authority(invitations=rows, at=at)
    return [_invitation_from_row(row, resend, cancel, acceptable=row.id not in refused) for row in rows]


def _invitation_from_row(
    row: Invitation, resend: set[uuid.UUID], cancel: set[uuid.UUID], *, acceptable: bool = True
) -> PendingInvitation:
    return PendingInvitation(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.role.key,
        role_name=row.role.name,
        all_sites=row.all_sites,
        sites=[
            SiteName(site.id, site.name) for site in sorted(row.sites.all(), key=lambda site: site.sort_key)
        ],
        limits=[AmountLimit.from_json(line) for line in row.limits],
        access_until=row.access_until,
        expires_at=row.expires_at,
        invited_by=row.invited_by,
        may_resend=row.id in resend,
        may_cancel=row.id in cancel,
        acceptable=acceptable,
    )


def pending_admins(*, organization: uuid.UUID, at: dt.datetime, limit: int = 5) -> list[Invitation]:
    """Read the open invitations whose recipients become admins by accepting, the first to expire first.

    Without those whose sender can no longer assign the access. One statement for an organization without any.
    """
    roles = RoleVersion.objects.filter(InForce(at), is_admin=True).values("role")
    rows = Invitation.objects.filter(organization=organization, role__in=roles, expires_at__gt=at)
    rows = rows.filter(accepted_at=None, cancelled_at=None, all_sites=True, access_until=None)
    found = list(rows.select_related("role").prefetch_related("sites").order_by("expires_at", "id")[:limit])
    refused = sender_authority.without_authority(invitations=found, at=at) if found else frozenset()
    return [invitation for invitation in found if invitation.id not in refused]


def was_pending(*, actor: Actor, organization: uuid.UUID, at: dt.datetime, invitation: uuid.UUID) -> bool:
    """Check whether the actor could have cancelled this invitation while it was open."""
    verb = Verb.INVITATION_CANCEL
    rows = scope.visible(actor=actor, verb=verb, at=at, organization=organization)
    return rows.filter(id=invitation).exists()


def view_of(row: Invitation, *, acceptable: bool = True) -> PendingInvitation:
    """Return one invitation as shown to an actor who may cancel it, or who reads it on the page of a customer."""
    return _invitation_from_row(row, resend=set(), cancel={row.id}, acceptable=acceptable)


def get(
    *, actor: Actor, verb: Verb, organization: uuid.UUID, at: dt.datetime, invitation: uuid.UUID
) -> Invitation | None:
    """Read the open invitation of this id; None where the actor may not do `verb` to it."""
    rows = scope.pending(actor=actor, verb=verb, at=at, organization=organization)
    return rows.filter(id=invitation).select_related("organization", "role").first()


def find(
    *, actor: Actor, verb: Verb, organization: uuid.UUID, at: dt.datetime, invitation: uuid.UUID
) -> Invitation:
    """Read the invitation of this id in any state. Raises NotFound where the actor may not do `verb` to it."""
    rows = scope.visible(actor=actor, verb=verb, at=at, organization=organization)
    row = rows.filter(id=invitation).select_related("organization", "role").first()
    if row is None:
        raise NotFound
    return row


def matching(*, among: QuerySet[Invitation], text: str) -> list[uuid.UUID]:
    """Find invitations that the actor may see by words of the address or name."""
    words = search.words(text)
    if not words:
        return []
    rows = among.filter(*(search.has_word(word, name="name", email="email") for word in words))
    return list(rows.order_by("-id").values_list("id", flat=True)[:MAX_MATCHES])


def offered_rights(*, invitation: Invitation, at: dt.datetime) -> tuple[frozenset[str], frozenset[str]]:
    """Read the verbs of the offered tier, and the keys of the tiers that its holder may assign. One statement."""
    version = RoleVersion.objects.filter(InForce(at), role=invitation.role_id).first()
    return (
        (frozenset(version.verbs), frozenset(version.assignable_roles))
        if version
        else (frozenset(), frozenset())
    )


def open_invitation(
    *, actor: Actor, organization: uuid.UUID, email: str, role: str, at: dt.datetime
) -> Invitation | None:
    """Return the open invitation that this actor sent to this address for the role at all sites. One statement."""
    rows = Invitation.objects.filter(organization=organization, email=email, expires_at__gt=at)
    rows = rows.filter(scope.sent_by(actor), role__key=role, all_sites=True)
    return rows.filter(accepted_at=None, cancelled_at=None).first()


def awaits_acceptance(*, user: uuid.UUID, at: dt.datetime) -> bool:
    """Return whether this person can accept an invitation, and so may sign in without a membership.

    Not by one that `accept` refuses: sent before the person's membership there ended, or by a sender who can no longer
    assign the access. One statement without an invitation.
    """
    sent_at = ExpressionWrapper(OuterRef("expires_at") - links.VALIDITY, output_field=DateTimeField())
    ended = MembershipPeriod.objects.filter(
        membership__user=user,
        membership__organization=OuterRef("organization"),
        valid_until__lte=at,
        valid_until__gt=sent_at,
    )
    rows = Invitation.objects.filter(email__in=addresses.of_user(user=user), expires_at__gt=at)
    rows = rows.filter(accepted_at=None, cancelled_at=None, organization__status=Organization.Status.ACTIVE)
    rows = rows.filter(~Exists(ended)).select_related("role").prefetch_related("sites").order_by("-id")
    return any(
        not sender_authority.without_authority(invitations=[row], at=at) for row in rows[:_MAX_ACCEPTABLE]
    )


def is_member(*, organization: uuid.UUID, email: str, at: dt.datetime) -> bool:
    """Return whether the person with this address belongs to the organization. One statement."""
    return memberships_queries.present_of_address(organization=organization, address=email, at=at).exists()


def was_member(*, organization: uuid.UUID, email: str) -> bool:
    """Return whether the person with this address belongs or belonged to the organization. One statement."""
    return memberships_queries.of_address(organization=organization, address=email).exists()
